/**
 * SQLite's write-ahead log, as far as one must know it to damage only what was not committed.
 *
 * A commit is on disk when its last frame is: with `synchronous=FULL` SQLite tells of it only after
 * that. What lies behind the last commit is frames of a transaction that had not ended, frames of an
 * earlier round of the log, or nothing; a power cut may leave anything there.
 *
 * Source of the format: sqlite.org/fileformat2.html, section 4.
 */
const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
/** The last bit says in which order of bytes the checksums read the file. */
const MAGIC = 0x377f0682;

type Checksum = readonly [number, number];

/** What is in a log. */
export interface LogShape {
  readonly pageBytes: number;
  /** Behind them nothing was committed. */
  readonly committedBytes: number;
  /** Sound frames behind the last commit: a transaction that had not ended. */
  readonly openFrames: number;
  /** At the end of the committed part; the next frame's goes on from it. */
  readonly checksum: Checksum;
  readonly salts: Buffer;
  readonly isBigEndian: boolean;
}

/** Reads a log; undefined when there is none, or SQLite had not written its header yet. */
export function logShape(log: Buffer): LogShape | undefined {
  if (log.length < HEADER_BYTES) return undefined;
  const magic = log.readUInt32BE(0);
  const isBigEndian = (magic & 1) === 1;
  const start = checksumOf(log.subarray(0, 24), [0, 0], isBigEndian);
  if ((magic & ~1) >>> 0 !== MAGIC || !isEqual(start, storedAt(log, 24))) return undefined;
  const pageBytes = log.readUInt32BE(8);
  const salts = log.subarray(16, 24);
  const frameBytes = FRAME_HEADER_BYTES + pageBytes;
  let committed: { bytes: number; checksum: Checksum } = { bytes: HEADER_BYTES, checksum: start };
  let checksum: Checksum = start;
  let openFrames = 0;
  for (let at = HEADER_BYTES; at + frameBytes <= log.length; at += frameBytes) {
    const frame = log.subarray(at, at + frameBytes);
    checksum = frameChecksum(frame, checksum, isBigEndian);
    if (!frame.subarray(8, 16).equals(salts) || !isEqual(checksum, storedAt(frame, 16))) break;
    const isCommit = frame.readUInt32BE(4) !== 0;
    openFrames = isCommit ? 0 : openFrames + 1;
    if (isCommit) committed = { bytes: at + frameBytes, checksum };
  }
  const { bytes: committedBytes, checksum: end } = committed;
  return { pageBytes, committedBytes, openFrames, checksum: end, salts, isBigEndian };
}

/** A frame that fits behind the last commit; with `pages` above 0 it says that it ends a transaction. */
export function nextFrame(
  { salts, checksum, isBigEndian }: LogShape,
  { pages, content }: { readonly pages: number; readonly content: Buffer },
): Buffer {
  const frame = Buffer.alloc(FRAME_HEADER_BYTES + content.length);
  // Page 1 holds the schema: nothing shows sooner if it is taken for committed.
  frame.writeUInt32BE(1, 0);
  frame.writeUInt32BE(pages, 4);
  salts.copy(frame, 8);
  content.copy(frame, FRAME_HEADER_BYTES);
  const [first, second] = frameChecksum(frame, checksum, isBigEndian);
  frame.writeUInt32BE(first, 16);
  frame.writeUInt32BE(second, 20);
  return frame;
}

function frameChecksum(frame: Buffer, before: Checksum, isBigEndian: boolean): Checksum {
  const afterHeader = checksumOf(frame.subarray(0, 8), before, isBigEndian);
  return checksumOf(frame.subarray(FRAME_HEADER_BYTES), afterHeader, isBigEndian);
}

function checksumOf(bytes: Buffer, before: Checksum, isBigEndian: boolean): Checksum {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let [first, second] = before;
  for (let at = 0; at < bytes.length; at += 8) {
    first = (first + view.getUint32(at, !isBigEndian) + second) >>> 0;
    second = (second + view.getUint32(at + 4, !isBigEndian) + first) >>> 0;
  }
  return [first, second];
}

/** Checksums themselves are always stored with the highest byte first. */
function storedAt(bytes: Buffer, at: number): Checksum {
  return [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)];
}

function isEqual(one: Checksum, other: Checksum): boolean {
  return one[0] === other[0] && one[1] === other[1];
}
