/** Keys that belong to the local Function app: each made from a key of this machine, so that none is stored twice. */
import { createHmac } from 'node:crypto';
import type { Settings } from '../../wire/settings.ts';

/** The host key: opens functions of authLevel `function`. Secret. */
export function functionKey(settings: Settings): string {
  return derivedKey(settings, 'function host key');
}

/** The key that signs the links in mails. Secret. */
export function acknowledgeKey(settings: Settings): string {
  return derivedKey(settings, 'acknowledge links');
}

function derivedKey({ secrets }: Settings, purpose: string): string {
  return createHmac('sha256', secrets.controlToken).update(purpose).digest('base64url');
}
