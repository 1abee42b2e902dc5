/**
 * Registers a meter at Device Provisioning by its TPM: the official SDK over HTTPS, because over
 * MQTT there is no TPM.
 */
import { Agent } from 'node:https';
import httpBase from 'azure-iot-http-base';
import provisioningDevice from 'azure-iot-provisioning-device';
import { Http } from 'azure-iot-provisioning-device-http';
import { z } from 'zod';
import { TpmError } from '../tpm/tpm-connection.ts';
import type { TpmSecurity } from '../tpm/tpm-security.ts';
import type { Credentials } from './credentials.ts';
import { RegistrationError } from './registration-error.ts';

const { ProvisioningDeviceClient } = provisioningDevice;

export interface TpmRegistration {
  readonly idScope: string;
  /** Device Provisioning's host name and port, HTTPS. */
  readonly host: string;
  readonly port: number;
  /** Certificate authority to trust, PEM; without it those that Node trusts. */
  readonly caPem?: string;
}

const Assigned = z.object({
  registrationState: z.object({ deviceId: z.string(), assignedHub: z.string() }),
});

/**
 * Registers; afterwards the TPM holds the device's key for the hub.
 *
 * @throws RegistrationError, TpmError
 */
export async function registerWithTpm(
  tpm: TpmSecurity,
  registration: TpmRegistration,
): Promise<Credentials> {
  const { host, port, idScope, caPem } = registration;
  const registrationId = await tpm.registrationId();
  const base = new httpBase.Http();
  // The SDK takes no port; its option for an agent does.
  const agent = new Agent({ port });
  base.setOptions({ http: { agent }, ...(caPem === undefined ? {} : { ca: caPem }) });
  const client = ProvisioningDeviceClient.create(host, idScope, new Http(base), tpm.client);
  try {
    const answer: unknown = await tpm.attempt(Promise.resolve(client.register()));
    return { ...Assigned.parse(answer).registrationState, keyInTpm: true };
  } catch (error) {
    if (error instanceof TpmError) throw error;
    throw new RegistrationError(explain(error, registrationId, registration), { cause: error });
  } finally {
    agent.destroy();
  }
}

function explain(
  error: unknown,
  registrationId: string,
  { host, port, idScope }: TpmRegistration,
): string {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (message.includes('status is disabled')) {
    return `Device Provisioning refuses the TPM ${registrationId}: its enrollment is disabled.`;
  }
  if (/ECONNREFUSED|ECONNRESET|ENOTFOUND|ETIMEDOUT/.test(message)) {
    return `Device Provisioning does not answer at ${host}:${port}.`;
  }
  // The SDK's way to say that the answer held no challenge.
  if (name === 'FormatError' || name === 'UnauthorizedError') {
    return (
      `Device Provisioning has no enrollment for the TPM ${registrationId} in ID scope ${idScope}: ` +
      'npm run tpm -- --show prints what it needs for one.'
    );
  }
  // And its way to say that anything else came back than a challenge, or nothing at all.
  if (name === 'InvalidOperationError') {
    return (
      `Device Provisioning did not answer the TPM ${registrationId} at ${host}:${port}: ` +
      `is the network up, and is the ID scope ${idScope}?`
    );
  }
  return `Device Provisioning could not register the TPM ${registrationId}: ${message}.`;
}
