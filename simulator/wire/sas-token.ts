/**
 * Shared access signatures: `SharedAccessSignature sr=…&sig=…&se=…[&skn=…]`.
 *
 * The text that is signed is `sr`, a line feed and `se`, with `sr` exactly as it stands in the
 * token: some clients percent-encode it and some do not.
 * Source: learn.microsoft.com/azure/iot-hub/iot-hub-dev-guide-sas
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** A token that was taken apart but not yet verified. */
export interface SasToken {
  /** The resource, percent-decoded: `hub.azure-devices.net/devices/Meter01`. */
  readonly resource: string;
  /** The resource as the client signed it. */
  readonly signedResource: string;
  /** Base64. */
  readonly signature: string;
  /** Unix time in seconds. */
  readonly expirySeconds: number;
  /** Name of the shared access policy; absent when a device's own key signed. */
  readonly keyName?: string;
}

/** Base64 text, or the bytes themselves where a service takes its key as text (Event Hubs). */
export type SasKey = string | Buffer;

export type SasVerdict =
  { readonly valid: true } | { readonly valid: false; readonly reason: string };

const PREFIX = 'SharedAccessSignature ';

/** Takes a token apart; undefined when it is not one. */
export function parseSasToken(text: string): SasToken | undefined {
  if (!text.startsWith(PREFIX)) return undefined;
  const fields = new Map<string, string>();
  for (const pair of text.slice(PREFIX.length).split('&')) {
    const equals = pair.indexOf('=');
    fields.set(pair.slice(0, equals).trim(), pair.slice(equals + 1));
  }
  const signedResource = fields.get('sr');
  const resource = decode(signedResource);
  const signature = decode(fields.get('sig'));
  const expiry = fields.get('se') ?? '';
  const keyName = decode(fields.get('skn'));
  if (signedResource === undefined || resource === undefined || signature === undefined) {
    return undefined;
  }
  if (!/^\d{1,15}$/.test(expiry)) return undefined;
  const token = { resource, signedResource, signature, expirySeconds: Number(expiry) };
  return keyName === undefined ? token : { ...token, keyName };
}

/**
 * Says whether one of `keys` made the signature and the token has not expired.
 *
 * Whether the token's resource is the right one is for the caller to compare.
 */
export function verifySasToken(
  token: SasToken,
  keys: readonly SasKey[],
  nowMs: number,
): SasVerdict {
  if (token.expirySeconds * 1000 <= nowMs) {
    const expired = new Date(Math.min(token.expirySeconds * 1000, 8.64e15)).toISOString();
    return { valid: false, reason: `the token expired at ${expired}` };
  }
  const given = Buffer.from(token.signature, 'base64');
  const matches = keys.some((key) => {
    const expected = hmac(key, token.signedResource, token.expirySeconds);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  return matches
    ? { valid: true }
    : { valid: false, reason: 'the signature does not match the key' };
}

/** Makes a token for `resource` (not encoded), as Microsoft's device SDK does. */
export function signSasToken(options: {
  readonly resource: string;
  readonly key: SasKey;
  readonly expirySeconds: number;
  readonly keyName?: string;
}): string {
  const sr = encodeURIComponent(options.resource);
  const digest = hmac(options.key, sr, options.expirySeconds).toString('base64');
  const policy = options.keyName === undefined ? '' : `&skn=${encodeURIComponent(options.keyName)}`;
  return `${PREFIX}sr=${sr}&sig=${encodeURIComponent(digest)}&se=${options.expirySeconds}${policy}`;
}

/** As `signSasToken`, by a key that its owner does not give out. */
export async function signSasTokenWith(options: {
  readonly resource: string;
  readonly expirySeconds: number;
  /** HMAC-SHA256. */
  readonly sign: (text: Buffer) => Promise<Buffer>;
}): Promise<string> {
  const sr = encodeURIComponent(options.resource);
  const digest = await options.sign(Buffer.from(`${sr}\n${options.expirySeconds}`));
  const sig = encodeURIComponent(digest.toString('base64'));
  return `${PREFIX}sr=${sr}&sig=${sig}&se=${options.expirySeconds}`;
}

/** Base64 key of a device in an enrollment group: HMAC-SHA256 of the registration id. */
export function deriveDeviceKey(groupKey: string, registrationId: string): string {
  const key = Buffer.from(groupKey, 'base64');
  return createHmac('sha256', key).update(registrationId, 'utf8').digest('base64');
}

function hmac(key: SasKey, signedResource: string, expirySeconds: number): Buffer {
  const bytes = typeof key === 'string' ? Buffer.from(key, 'base64') : key;
  return createHmac('sha256', bytes).update(`${signedResource}\n${expirySeconds}`).digest();
}

function decode(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
