/**
 * SQLite's write-ahead log, read without SQLite.
 *
 * SQLite takes the log up to the first frame that is not whole and says nothing of the rest: rightly
 * after a power cut, when the rest was never promised, wrongly after damage. Source of the format:
 * sqlite.org/fileformat2.html, "The Write-Ahead Log".
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
/** Its last bit says in which byte order checksums are made. */
const MAGIC = 0x377f0682;

/** What a log holds. */
export interface WalContent {
  readonly pageBytes: number;
  /** Where the latest committed content of each page begins in the file. */
  readonly pages: ReadonlyMap<number, number>;
  /**
   * Transactions behind the first damaged frame that were certainly on disk: another one follows, and
   * SQLite writes none before the last one is synced. It will not read them.
   */
  readonly lostCommits: number;
}

const NOTHING: WalContent = { pageBytes: 0, pages: new Map(), lostCommits: 0 };

type Sum = readonly [number, number];

/** Reads the log at a path; without one, or with nothing usable in it, there are no pages. */
export function readWal(path: string): WalContent {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return NOTHING;
  }
  try {
    return readFrames(file);
  } finally {
    closeSync(file);
  }
}

function readFrames(file: number): WalContent {
  const header = Buffer.alloc(HEADER_BYTES);
  const bytes = fstatSync(file).size;
  if (readSync(file, header, 0, HEADER_BYTES, 0) < HEADER_BYTES) return NOTHING;
  const magic = header.readUInt32BE(0);
  if ((magic & ~1) >>> 0 !== MAGIC) return NOTHING;
  const isBigEndian = (magic & 1) === 1;
  const pageBytes = header.readUInt32BE(8);
  if (pageBytes < 512 || pageBytes > 65_536) return NOTHING;
  const frameBytes = FRAME_HEADER_BYTES + pageBytes;
  const frame = Buffer.alloc(frameBytes);
  const pages = new Map<number, number>();
  let pending = new Map<number, number>();
  let sum = checksum(header.subarray(0, 24), isBigEndian, [0, 0]);
  let at = HEADER_BYTES;
  for (; at + frameBytes <= bytes; at += frameBytes) {
    readSync(file, frame, 0, frameBytes, at);
    if (!hasSalt(frame, header)) break;
    sum = checksum(frame.subarray(0, 8), isBigEndian, sum);
    sum = checksum(frame.subarray(FRAME_HEADER_BYTES), isBigEndian, sum);
    if (frame.readUInt32BE(16) !== sum[0] || frame.readUInt32BE(20) !== sum[1]) break;
    pending.set(frame.readUInt32BE(0), at + FRAME_HEADER_BYTES);
    if (frame.readUInt32BE(4) === 0) continue;
    for (const [page, offset] of pending) pages.set(page, offset);
    pending = new Map();
  }
  const lostCommits = countCommits(file, { header, from: at, to: bytes, frameBytes });
  return { pageBytes, pages, lostCommits };
}

/** Commits from a place on that are followed by a frame of the same log. */
function countCommits(
  file: number,
  place: { header: Buffer; from: number; to: number; frameBytes: number },
): number {
  const head = Buffer.alloc(FRAME_HEADER_BYTES);
  let commits = 0;
  let followed = 0;
  for (let at = place.from; at + place.frameBytes <= place.to; at += place.frameBytes) {
    readSync(file, head, 0, FRAME_HEADER_BYTES, at);
    if (!hasSalt(head, place.header)) continue;
    followed = commits;
    if (head.readUInt32BE(4) !== 0) commits += 1;
  }
  return followed;
}

/** A frame of this log, not of what was in the file before. */
function hasSalt(frame: Buffer, header: Buffer): boolean {
  return frame.compare(header, 16, 24, 8, 16) === 0;
}

function checksum(bytes: Buffer, isBigEndian: boolean, [a, b]: Sum): Sum {
  let first = a;
  let second = b;
  for (let at = 0; at < bytes.length; at += 8) {
    const one = isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at);
    const two = isBigEndian ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4);
    first = (first + one + second) >>> 0;
    second = (second + two + first) >>> 0;
  }
  return [first, second];
}
