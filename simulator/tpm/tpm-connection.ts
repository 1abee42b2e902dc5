/** A way to one TPM 2.0, whatever it is made of. */

/** Sends commands one after the other; what they load is forgotten when the connection is closed. */
export interface TpmConnection {
  /**
   * Sends a command as the TPM reads it and resolves with its response.
   *
   * @throws TpmError TPM_LOST when the connection ends first
   */
  command(bytes: Buffer): Promise<Buffer>;
  close(): Promise<void>;
}

/** No TPM, one that went away, or one that refuses. The message says what to do. */
export class TpmError extends Error {
  override readonly name = 'TpmError';
  readonly code: 'TPM_ABSENT' | 'TPM_LOST' | 'TPM_REFUSES';

  constructor(code: TpmError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Codes of TPM2 commands that matter here. Source: Trusted Platform Module Library, part 2, 6.5.2. */
export const COMMANDS = {
  createPrimary: 0x131,
  activateCredential: 0x147,
  import: 0x156,
  load: 0x157,
  hmacStart: 0x15b,
  flushContext: 0x165,
  startAuthSession: 0x176,
} as const;

const HEADER_BYTES = 10;

/** Code of a command. */
export function commandCodeOf(command: Buffer): number {
  return command.length < HEADER_BYTES ? 0 : command.readUInt32BE(6);
}

/** Response code; 0 is success. */
export function responseCodeOf(response: Buffer): number {
  return response.length < HEADER_BYTES ? 0x01 : response.readUInt32BE(6);
}

/** The handle that stands first in a response or command, after the header. */
export function handleOf(bytes: Buffer): number | undefined {
  return bytes.length < HEADER_BYTES + 4 ? undefined : bytes.readUInt32BE(HEADER_BYTES);
}

/** Lets work begin only when the work before it has ended. */
export function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work, work);
    last = next;
    return next;
  };
}
