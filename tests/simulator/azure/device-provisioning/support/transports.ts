/** Microsoft's provisioning client over MQTT and HTTPS, pointed at the local service. */
import { Agent } from 'node:https';
import httpBase from 'azure-iot-http-base';
import mqttBase from 'azure-iot-mqtt-base';
import provisioning, { type RegistrationResult } from 'azure-iot-provisioning-device';
import { Http } from 'azure-iot-provisioning-device-http';
import { Mqtt } from 'azure-iot-provisioning-device-mqtt';
import type { TestAzure } from '../../../../support/azure.ts';

const { ProvisioningDeviceClient } = provisioning;
const { MqttBase } = mqttBase;

export type SecurityClient = Parameters<typeof ProvisioningDeviceClient.create>[3];

/** Registers over MQTT. */
export function registerOverMqtt(
  azure: TestAzure,
  security: SecurityClient,
): Promise<RegistrationResult> {
  const base = new MqttBase();
  base.setOptions({ ca: azure.certificates.caPem });
  const { deviceProvisioning } = azure.settings.ports;
  return register(azure, `localhost:${deviceProvisioning}`, new Mqtt(base), security);
}

/** Registers over HTTPS; the agent says which port, because the SDK takes none. */
export function registerOverHttps(
  azure: TestAzure,
  security: SecurityClient,
): Promise<RegistrationResult> {
  const base = new httpBase.Http();
  const { caPem: ca } = azure.certificates;
  const agent = new Agent({ port: azure.settings.ports.deviceProvisioningHttps });
  base.setOptions({ ca, http: { agent } });
  return register(azure, 'localhost', new Http(base), security);
}

type Transport = Parameters<typeof ProvisioningDeviceClient.create>[2];

async function register(
  { settings }: TestAzure,
  host: string,
  transport: Transport,
  security: SecurityClient,
): Promise<RegistrationResult> {
  const client = ProvisioningDeviceClient.create(host, settings.idScope, transport, security);
  const result = await client.register();
  if (result === undefined) throw new Error('the SDK answered nothing');
  return result;
}
