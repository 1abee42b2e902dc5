/**
 * Microsoft's provisioning client over AMQP in a process of its own: its transport trusts only what
 * the process trusts, and Node reads that (NODE_EXTRA_CA_CERTS) when a process starts.
 */
import provisioning from 'azure-iot-provisioning-device';
import { Amqp } from 'azure-iot-provisioning-device-amqp';
import { SymmetricKeySecurityClient } from 'azure-iot-security-symmetric-key';
import { X509Security } from 'azure-iot-security-x509';
import { KnownTpm } from '../../../../support/known-tpm.ts';
import type { AmqpRequest } from './amqp-process.ts';

const { ProvisioningDeviceClient } = provisioning;

process.on('message', (request: AmqpRequest) => {
  void register(request).then((answer) => process.send?.(answer));
});
process.send?.('ready');

async function register({ host, idScope, identity }: AmqpRequest) {
  const [security, tpm] = securityOf(identity);
  const client = ProvisioningDeviceClient.create(host, idScope, new Amqp(), security);
  try {
    const result = await client.register();
    return { result, identityKey: tpm?.identityKey?.toString('base64') };
  } catch (error) {
    const { name, message } = error as Error;
    return { error: { name, message } };
  }
}

type SecurityClient = Parameters<typeof ProvisioningDeviceClient.create>[3];

function securityOf(identity: AmqpRequest['identity']): [SecurityClient, KnownTpm?] {
  const { registrationId } = identity;
  if ('key' in identity) return [new SymmetricKeySecurityClient(registrationId, identity.key)];
  if ('x509' in identity) return [new X509Security(registrationId, identity.x509)];
  const tpm = new KnownTpm(registrationId, identity.tpm);
  return [tpm as unknown as SecurityClient, tpm];
}
