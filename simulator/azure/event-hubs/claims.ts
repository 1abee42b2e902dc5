/**
 * What one connection may do: the tokens it has put to `$cbs`.
 *
 * Keys of a namespace sign as text; they are not base64-decoded as IoT Hub's are. The only policy
 * has all rights, so a claim is just a path and how long it holds.
 */
import { parseSasToken, verifySasToken } from '../../wire/sas-token.ts';
import { pathOf } from './addresses.ts';
import { NAMESPACE_POLICY } from './namespace.ts';

/** The answer to a put-token request: an HTTP status and a sentence. */
export interface PutTokenAnswer {
  readonly statusCode: number;
  readonly description: string;
}

/** The claims of one connection. */
export class Claims {
  readonly #key: Buffer;
  readonly #expiryMsByPath = new Map<string, number>();

  /** @param policyKey the text of the policy's key, secret */
  constructor(policyKey: string) {
    this.#key = Buffer.from(policyKey, 'utf8');
  }

  /** Takes in a token for an audience, or says why not. */
  put(audience: string, tokenText: string, nowMs: number): PutTokenAnswer {
    const token = parseSasToken(tokenText);
    if (token === undefined) return refused('MalformedToken: The token is not a SAS token.');
    if (token.keyName !== NAMESPACE_POLICY) {
      return refused(`InvalidSignature: There is no policy '${token.keyName ?? ''}'.`);
    }
    const verdict = verifySasToken(token, [this.#key], nowMs);
    if (!verdict.valid) return refused(`InvalidSignature: ${verdict.reason}.`);
    const path = normalize(audience);
    if (!covers(normalize(token.resource), path)) {
      return refused('InvalidAudience: The token was made for another resource.');
    }
    this.#expiryMsByPath.set(path, token.expirySeconds * 1000);
    return { statusCode: 202, description: 'Accepted' };
  }

  /** Whether a token that still holds covers the entity. */
  allow(address: string, nowMs: number): boolean {
    const path = normalize(address);
    return [...this.#expiryMsByPath].some(
      ([claimed, expiryMs]) => expiryMs > nowMs && covers(claimed, path),
    );
  }
}

function refused(description: string): PutTokenAnswer {
  return { statusCode: 401, description };
}

function normalize(resource: string): string {
  return pathOf(resource).toLowerCase();
}

/** A token for a namespace covers its hubs, a token for a hub what is below it. */
function covers(claimed: string, path: string): boolean {
  return claimed === '' || path === claimed || path.startsWith(`${claimed}/`);
}
