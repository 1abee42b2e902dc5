/**
 * What a power cut can leave of a write-ahead log: everything up to the last commit, and behind it
 * whatever had reached the disk by then.
 */
import type { Random } from '../../../modules/meter-simulator/src/core/random.ts';
import { nextFrame, type LogShape } from './write-ahead-log.ts';

/** How the end of a log is damaged. */
export const TEARS = ['cut', 'garbage', 'half a commit', 'no commit'] as const;
export type Tear = (typeof TEARS)[number];

/** Share of half a commit that is at least missing. */
const LEAST_MISSING = 0.01;

/** The log with a damaged end; what was committed is as it was. */
export function tornLog(log: Buffer, shape: LogShape, tear: Tear, random: Random): Buffer {
  const committed = log.subarray(0, shape.committedBytes);
  switch (tear) {
    case 'cut':
      return cut(withTail(log, shape, random), shape.committedBytes, random);
    case 'garbage': {
      const kept = cut(withTail(log, shape, random), shape.committedBytes, random);
      return Buffer.concat([kept, garbage(1 + between(0, 3 * shape.pageBytes, random), random)]);
    }
    case 'half a commit': {
      const frame = nextFrame(shape, { pages: 1, content: garbage(shape.pageBytes, random) });
      const written = Math.floor(frame.length * (1 - LEAST_MISSING) * random.uniform());
      garbage(frame.length - written, random).copy(frame, written);
      return Buffer.concat([committed, frame]);
    }
    case 'no commit':
      return Buffer.concat([committed, openFrame(shape, random)]);
  }
}

/** A log that ends with a commit gets a frame of a transaction that never ended. */
function withTail(log: Buffer, shape: LogShape, random: Random): Buffer {
  if (log.length > shape.committedBytes) return log;
  return Buffer.concat([log, openFrame(shape, random)]);
}

function openFrame(shape: LogShape, random: Random): Buffer {
  return nextFrame(shape, { pages: 0, content: garbage(shape.pageBytes, random) });
}

function cut(log: Buffer, from: number, random: Random): Buffer {
  return log.subarray(0, between(from, log.length, random));
}

function between(lowest: number, highest: number, random: Random): number {
  return lowest + Math.floor(random.uniform() * (highest - lowest + 1));
}

function garbage(bytes: number, random: Random): Buffer {
  return Buffer.from(Array.from({ length: bytes }, () => Math.floor(256 * random.uniform())));
}
