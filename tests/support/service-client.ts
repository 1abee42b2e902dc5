/** Microsoft's service clients, pointed at a local IoT Hub. */
import { Agent } from 'node:https';
import iothub, { type Client as ServiceClient, type Registry } from 'azure-iothub';
import type { Settings } from '../../simulator/wire/settings.ts';

/** The private part of the service SDK that takes options. */
interface RestClient {
  setOptions(options: { http: { agent: Agent } }): void;
}

/** Whose IoT Hub it is, and the authority that its certificate is from. */
export interface LocalHub {
  readonly settings: Settings;
  readonly caPem: string;
}

/** The client for direct methods and messages to devices. */
export function localServiceClient(hub: LocalHub): ServiceClient {
  return redirected(hub, iothub.Client.fromConnectionString(connectionString(hub)));
}

/** The client for identities and twins; another key than the owner's, to see it refused. */
export function localRegistry(hub: LocalHub, key = hub.settings.secrets.iotHubOwnerKey): Registry {
  return redirected(hub, iothub.Registry.fromConnectionString(connectionString(hub, key)));
}

function connectionString({ settings }: LocalHub, key = settings.secrets.iotHubOwnerKey): string {
  return `HostName=${settings.iotHubHostName};SharedAccessKeyName=iothubowner;SharedAccessKey=${key}`;
}

/** The service SDK dials port 443 of the host name; its own option for an agent says where that is. */
function redirected<T extends object>({ settings, caPem }: LocalHub, client: T): T {
  const agent = new Agent({
    host: '127.0.0.1',
    port: settings.ports.iotHubHttps,
    servername: settings.iotHubHostName,
    ca: caPem,
  });
  const rest = (client as { _restApiClient?: RestClient })._restApiClient;
  rest?.setOptions({ http: { agent } });
  return client;
}
