/**
 * Microsoft's TPM client over a connection of ours.
 *
 * Its own ways to a TPM end the process when there is none (an error that nobody listens for) or
 * when a key is refused (it reads from a response that is not there). So the connection is ours, and
 * it never hands such a response on: the work fails with the reason instead.
 *
 * Invariants:
 * - work on a TPM ends with a result or a `TpmError`, and never takes the process with it;
 * - what it loaded into the TPM is gone when it ends.
 */
import tpmSdk from 'azure-iot-security-tpm';
import { Tpm } from 'tss.js';
import {
  COMMANDS,
  commandCodeOf,
  responseCodeOf,
  TpmError,
  type TpmConnection,
} from './tpm-connection.ts';

const { TpmSecurityClient } = tpmSdk;

/** What a meter does with its TPM. */
export interface TpmSecurity {
  /** For Microsoft's provisioning client. */
  readonly client: InstanceType<typeof TpmSecurityClient>;
  /** Settles with the result, or rejects as soon as the TPM fails. */
  attempt<T>(work: Promise<T>): Promise<T>;
  /** TPM2B_PUBLIC. */
  endorsementKey(): Promise<Buffer>;
  /** Derived from the endorsement key, as the SDK does: base32 of its digest. */
  registrationId(): Promise<string>;
  /** HMAC-SHA256 with the key that Device Provisioning gave. */
  sign(text: Buffer): Promise<Buffer>;
}

/** Commands whose refusal the SDK does not survive, and what each one's means. */
const FATAL_REFUSALS: ReadonlyMap<number, string> = new Map([
  [COMMANDS.startAuthSession, 'it has no room for a session'],
  [COMMANDS.activateCredential, 'the key was wrapped for another TPM, or damaged on the way'],
  [COMMANDS.import, 'the key was wrapped for another TPM, or damaged on the way'],
  [COMMANDS.load, 'it has no room for a key'],
]);

/**
 * Opens a TPM, works with it and closes it.
 *
 * @throws TpmError, and whatever `work` throws
 */
export async function withTpm<T>(
  open: () => Promise<TpmConnection>,
  work: (tpm: TpmSecurity) => Promise<T>,
): Promise<T> {
  const connection = await open();
  try {
    return await work(tpmSecurity(connection));
  } finally {
    await connection.close();
  }
}

type Reply<R> = (error?: Error | null, result?: R) => void;

function tpmSecurity(connection: TpmConnection): TpmSecurity {
  const device = new Device(connection);
  const tpm = new Tpm(false);
  // The only way to another device: the library has no option for it.
  Object.assign(tpm, { device });
  const client = new TpmSecurityClient(undefined, tpm);
  const attempt = <T>(work: Promise<T>) => Promise.race([work, device.failure]);
  const ask = <R>(question: (reply: Reply<R>) => void) =>
    attempt(
      new Promise<R>((resolve, reject) => {
        question((error, result) => {
          if (error || result === undefined) reject(explain(error));
          else resolve(result);
        });
      }),
    );
  return {
    client,
    attempt,
    endorsementKey: () => ask<Buffer>((reply) => client.getEndorsementKey(reply)),
    registrationId: () => ask<string>((reply) => client.getRegistrationId(reply)),
    sign: (text) => ask<Buffer>((reply) => client.signWithIdentity(text, reply)),
  };
}

type Continuation = (error: Error | null, response?: Buffer) => void;

/** In the shape in which tss.js has its devices. */
class Device {
  readonly failure: Promise<never>;
  readonly #connection: TpmConnection;
  #fail: (error: TpmError) => void = () => undefined;

  constructor(connection: TpmConnection) {
    this.#connection = connection;
    this.failure = new Promise((_resolve, reject) => (this.#fail = reject));
    // Nobody may be waiting when it happens.
    this.failure.catch(() => undefined);
  }

  connect(continuation: Continuation): null {
    setImmediate(continuation, null);
    return null;
  }

  dispatchCommand(command: Buffer, continuation: Continuation): void {
    const code = commandCodeOf(command);
    // tss.js keeps the buffer for itself.
    this.#connection
      .command(Buffer.from(command))
      .then((response) => {
        requireWhole(response);
        const refusal = responseCodeOf(response) === 0 ? undefined : FATAL_REFUSALS.get(code);
        if (refusal === undefined) continuation(null, response);
        else this.#fail(refused(refusal, response));
      })
      .catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        this.#fail(error instanceof TpmError ? error : new TpmError('TPM_LOST', reason));
      });
  }

  close(): void {}
}

function requireWhole(response: Buffer): void {
  if (response.length >= 10 && response.readUInt32BE(2) === response.length) return;
  throw new TpmError('TPM_LOST', `The TPM answered ${response.length} bytes that are no response.`);
}

function refused(meaning: string, response: Buffer): TpmError {
  const code = `0x${responseCodeOf(response).toString(16)}`;
  return new TpmError('TPM_REFUSES', `The TPM refuses: ${meaning} (response code ${code}).`);
}

function explain(error: Error | null | undefined): TpmError {
  const reason = error?.message ?? 'it gave no reason';
  const message = reason.includes('activateIdentityKey must be invoked')
    ? 'The TPM has no key yet: register it at Device Provisioning first.'
    : `The TPM refuses: ${reason}.`;
  return new TpmError('TPM_REFUSES', message, { cause: error });
}
