/**
 * What clients and a resource manager for a TPM say to each other over TCP, and where Microsoft's
 * TPM library looks for one: 127.0.0.1:2323.
 *
 * Source: TpmTcpDevice in tss.js (`linuxTrm`); the same frames, with two bytes less, are those of
 * Microsoft's TPM simulator (TpmTcpProtocol.h).
 */

const SEND_COMMAND = 8;
/** Command word, locality, two bytes of flags, length. */
const REQUEST_HEADER_BYTES = 11;
/** Larger than any TPM takes. */
const MAX_COMMAND_BYTES = 16_384;

/** Bytes that are no request, or no response. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code = 'TPM_PROTOCOL';
}

/** A request: the frame around a command. */
export function requestFrame(command: Buffer): Buffer {
  const header = Buffer.alloc(REQUEST_HEADER_BYTES);
  header.writeUInt32BE(SEND_COMMAND, 0);
  header.writeUInt8(1, 6);
  header.writeUInt32BE(command.length, 7);
  return Buffer.concat([header, command]);
}

/** A response: the frame around what the TPM answered. */
export function responseFrame(response: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(response.length);
  return Buffer.concat([length, response, Buffer.alloc(4)]);
}

/**
 * The first request in what was received, and how many bytes it takes up; undefined while it is not
 * all there.
 *
 * @throws ProtocolError
 */
export function readRequest(received: Buffer): { command: Buffer; bytes: number } | undefined {
  if (received.length < REQUEST_HEADER_BYTES) return undefined;
  const word = received.readUInt32BE(0);
  if (word !== SEND_COMMAND) throw new ProtocolError(`there is no request ${word}`);
  const bytes = REQUEST_HEADER_BYTES + checkLength(received.readUInt32BE(7));
  if (received.length < bytes) return undefined;
  return { command: received.subarray(REQUEST_HEADER_BYTES, bytes), bytes };
}

/** As `readRequest`, for a response. @throws ProtocolError */
export function readResponse(received: Buffer): { response: Buffer; bytes: number } | undefined {
  if (received.length < 4) return undefined;
  const end = 4 + checkLength(received.readUInt32BE(0));
  if (received.length < end + 4) return undefined;
  if (received.readUInt32BE(end) !== 0) throw new ProtocolError('the TPM did not take the command');
  return { response: received.subarray(4, end), bytes: end + 4 };
}

function checkLength(length: number): number {
  if (length <= MAX_COMMAND_BYTES) return length;
  throw new ProtocolError(`${length} bytes are more than a TPM takes`);
}
