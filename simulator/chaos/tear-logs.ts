/** Damages the ends of a process's write-ahead logs while it does not run. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../modules/meter-simulator/src/core/random.ts';
import { tornLog, type Tear } from './core/torn-write.ts';
import { logShape } from './core/write-ahead-log.ts';

/** What was found behind the last commit, and replaced. */
export interface TornEnd {
  /** Frames of a transaction that had not ended. */
  readonly openFrames: number;
  /** Bytes behind the last commit. */
  readonly bytes: number;
}

/** Tears every log in the folder; one that SQLite had not begun yet has no end to tear. */
export function tearLogs(folder: string, tear: Tear, random: Random): TornEnd[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.db-wal'));
  return files.flatMap((name) => {
    const path = join(folder, name);
    const log = readFileSync(path);
    const shape = logShape(log);
    if (shape === undefined) return [];
    writeFileSync(path, tornLog(log, shape, tear, random));
    return [{ openFrames: shape.openFrames, bytes: log.length - shape.committedBytes }];
  });
}
