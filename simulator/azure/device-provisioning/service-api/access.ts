import { parseSasToken, verifySasToken } from '../../../wire/sas-token.ts';
import { ProvisioningError } from '../provisioning-error.ts';
import type { ProvisioningRequest } from './provisioning-app.ts';

/** The only shared access policy of the local service; it has all rights. */
const OWNER_POLICY = 'provisioningserviceowner';

/** Who may call the service API. */
export interface ServiceAccess {
  readonly hostName: string;
  /** Base64. */
  readonly ownerKey: string;
}

/** @throws ProvisioningError unauthorized unless the policy `provisioningserviceowner` signed */
export function requireOwner(
  { hostName, ownerKey }: ServiceAccess,
  { headers }: Pick<ProvisioningRequest, 'headers'>,
): void {
  const token = parseSasToken(headers.authorization ?? '');
  const isForService =
    token?.keyName === OWNER_POLICY && token.resource.toLowerCase() === hostName.toLowerCase();
  if (isForService && verifySasToken(token, [ownerKey], Date.now()).valid) return;
  throw new ProvisioningError('unauthorized', 'Unauthorized');
}
