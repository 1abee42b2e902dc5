/**
 * TPMs that are proving themselves: each gets a key that only it can unwrap, and signs with it.
 *
 * Invariants:
 * - a key is good for one registration id and `LIFETIME_MS`, and forgotten by a restart;
 * - at most `MAX_PENDING` are kept, the oldest go first.
 */
import { randomBytes } from 'node:crypto';
import { activationBlob, type TpmKeys } from './activation-blob.ts';

const LIFETIME_MS = 15 * 60_000;
const MAX_PENDING = 10_000;
const KEY_BYTES = 32;

interface Challenge {
  readonly keys: TpmKeys;
  readonly sessionKey: Buffer;
  readonly expiresMs: number;
}

export class TpmChallenges {
  readonly #pending = new Map<string, Challenge>();

  /** Begins anew; returns the blob with the session key. */
  begin(registrationId: string, keys: TpmKeys, nowMs: number): Buffer {
    this.#pending.delete(registrationId);
    this.#makeRoom();
    const sessionKey = randomBytes(KEY_BYTES);
    this.#pending.set(registrationId, { keys, sessionKey, expiresMs: nowMs + LIFETIME_MS });
    return activationBlob(keys, sessionKey);
  }

  /** The key that a TPM was sent, base64; undefined when there is none that holds. */
  sessionKey(registrationId: string, nowMs: number): string | undefined {
    return this.#find(registrationId, nowMs)?.sessionKey.toString('base64');
  }

  /** Wraps another key, base64, for a TPM that has proven itself. */
  wrap(registrationId: string, key: string, nowMs: number): Buffer | undefined {
    const challenge = this.#find(registrationId, nowMs);
    return challenge && activationBlob(challenge.keys, Buffer.from(key, 'base64'));
  }

  #find(registrationId: string, nowMs: number): Challenge | undefined {
    const challenge = this.#pending.get(registrationId);
    return challenge !== undefined && challenge.expiresMs > nowMs ? challenge : undefined;
  }

  #makeRoom(): void {
    for (const oldest of this.#pending.keys()) {
      if (this.#pending.size < MAX_PENDING) return;
      this.#pending.delete(oldest);
    }
  }
}
