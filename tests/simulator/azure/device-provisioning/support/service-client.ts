/** Microsoft's service client, pointed at the local service. */
import { Agent } from 'node:https';
import { ProvisioningServiceClient } from 'azure-iot-provisioning-service';
import type { TestAzure } from '../../../../support/azure.ts';

/** The SDK dials port 443 of the host name; its own option for an agent says where that is. */
export function serviceClient(
  { settings, certificates }: TestAzure,
  key = settings.secrets.deviceProvisioningOwnerKey,
): ProvisioningServiceClient {
  const { deviceProvisioningHostName: host, ports } = settings;
  const client = ProvisioningServiceClient.fromConnectionString(
    `HostName=${host};SharedAccessKeyName=provisioningserviceowner;SharedAccessKey=${key}`,
  );
  const agent = new Agent({
    host: '127.0.0.1',
    port: ports.deviceProvisioningHttps,
    servername: host,
    ca: certificates.caPem,
  });
  const rest = (client as unknown as { _restApiClient: RestClient })._restApiClient;
  rest.setOptions({ http: { agent } });
  return client;
}

/** The private part of the SDK that takes options. */
interface RestClient {
  setOptions(options: { http: { agent: Agent } }): void;
}
