/** Registers a meter at Device Provisioning with the official SDK: MQTT, enrollment group, derived key. */
import mqttBase from 'azure-iot-mqtt-base';
import provisioningDevice from 'azure-iot-provisioning-device';
import { Mqtt } from 'azure-iot-provisioning-device-mqtt';
import { SymmetricKeySecurityClient } from 'azure-iot-security-symmetric-key';
import { z } from 'zod';
import { deriveDeviceKey } from '../wire/sas-token.ts';
import type { Credentials } from './credentials.ts';
import { RegistrationError } from './registration-error.ts';

const { MqttBase } = mqttBase;
const { ProvisioningDeviceClient } = provisioningDevice;

export interface Registration {
  readonly registrationId: string;
  readonly idScope: string;
  /** Primary or secondary key of the enrollment group, base64. */
  readonly groupKey: string;
  /** `host:port` of Device Provisioning, MQTT over TLS. */
  readonly host: string;
  /** Certificate authority to trust, PEM. */
  readonly caPem: string;
}

const Assigned = z.object({ deviceId: z.string(), assignedHub: z.string() });

/**
 * Registers and returns what the meter needs to connect.
 *
 * @throws RegistrationError
 */
export async function registerMeter(registration: Registration): Promise<Credentials> {
  const { registrationId, idScope, groupKey, host, caPem } = registration;
  const key = deriveDeviceKey(groupKey, registrationId);
  // The transport ignores `ca` in its own options; its base takes it.
  const base = new MqttBase();
  base.setOptions({ ca: caPem });
  const security = new SymmetricKeySecurityClient(registrationId, key);
  const client = ProvisioningDeviceClient.create(host, idScope, new Mqtt(base), security);
  try {
    const assigned = Assigned.parse(await client.register());
    return { ...assigned, key };
  } catch (error) {
    throw new RegistrationError(explain(error, registration), { cause: error });
  }
}

function explain(error: unknown, { host, idScope, registrationId }: Registration): string {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (message.includes('status is disabled')) {
    return `Device Provisioning refuses ${registrationId}: its enrollment is disabled.`;
  }
  if (/ECONNREFUSED|ECONNRESET|ENOTFOUND|ETIMEDOUT/.test(message)) {
    return `Device Provisioning does not answer at ${host}.`;
  }
  if (name === 'UnauthorizedError' || name === 'DeviceNotFoundError') {
    return `Device Provisioning refuses ${registrationId}: wrong group key, or no enrollment for it in ID scope ${idScope}.`;
  }
  // What an unknown ID scope is answered with: MQTT return code 3 (see device-provisioning).
  if (message.includes('Server unavailable')) {
    return `Device Provisioning knows no ID scope ${idScope}: copy it again from the console.`;
  }
  return `Device Provisioning could not register ${registrationId}: ${message}.`;
}
