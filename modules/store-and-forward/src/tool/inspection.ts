/**
 * What is in a store-and-forward database, in figures.
 *
 * Invariants:
 * - all figures belong together: they are read in one short transaction;
 * - a part that is damaged is named, and hides no other part.
 */
import { existsSync, statSync } from 'node:fs';
import { z } from 'zod';
import { Counters } from '../../../shared/src/counters.ts';
import { isDatabaseInUse, type Database } from '../../../shared/src/database.ts';
import { messageOf } from '../../../shared/src/edge-error.ts';
import { KeptValues } from '../../../shared/src/kept-values.ts';
import { snapshot } from './snapshot.ts';
import { waitingKinds, type WaitingKind } from './waiting-kinds.ts';

/** A part that was read, or why it cannot be. */
export type Part<T> = { readonly value: T } | { readonly unreadable: string };

/** Everything the tool tells about a database. */
export interface Inspection {
  readonly path: string;
  readonly atMs: number;
  readonly isRunning: boolean;
  readonly schemaVersion: number;
  readonly waiting: Part<readonly WaitingKind[]>;
  readonly progress: Part<Readonly<Record<string, number>>>;
  readonly memory: Part<Readonly<Record<'meters' | 'meterBytes' | 'results', number>>>;
  readonly losses: Part<readonly z.infer<typeof LossRow>[]>;
  readonly quarantine: Part<readonly z.infer<typeof QuarantineRow>[]>;
  readonly counters: Part<Readonly<Record<string, number>>>;
  readonly configuration: Part<Readonly<Record<string, unknown>>>;
  /** Bytes of each file of the database. */
  readonly files: Readonly<Record<string, number>>;
}

const LossRow = z.object({
  kind: z.string(),
  reason: z.string(),
  meters: z.int(),
  count: z.int(),
});
const QuarantineRow = z.object({
  input: z.string(),
  reason: z.string(),
  entries: z.int(),
  latestMs: z.int(),
});
const Memory = z.object({ meters: z.int(), meterBytes: z.int(), results: z.int() });
const Numbers = z.record(z.string(), z.number());
const Configuration = z.record(z.string(), z.unknown());

/** Reads all figures. */
export function inspect(path: string, database: Database, nowMs: number): Inspection {
  const isRunning = isDatabaseInUse(path);
  const kept = new KeptValues(database);
  const figures = snapshot(database, () => ({
    schemaVersion: Number(database.pragma('user_version', { simple: true })),
    waiting: part(() => waitingKinds(database)),
    progress: part(() => progressOf(kept)),
    memory: part(() => memoryFigures(database)),
    losses: part(() => rows(database, LossRow, LOSSES)),
    quarantine: part(() => rows(database, QuarantineRow, QUARANTINE)),
    counters: part(() => Counters.parse(kept.read('counters') ?? {})),
    configuration: part(() => Configuration.parse(kept.read('config') ?? {})),
  }));
  return { path, atMs: nowMs, isRunning, ...figures, files: filesOf(path) };
}

/** Reads a part, or says why it cannot be read. */
export function part<T>(read: () => T): Part<T> {
  try {
    return { value: read() };
  } catch (error) {
    return { unreadable: messageOf(error) };
  }
}

/** Bytes of the files that belong to a database; those that are not there are left out. */
export function filesOf(path: string): Record<string, number> {
  const names = ['', '-wal', '-shm', '.lock'].map((suffix) => `${path}${suffix}`);
  return Object.fromEntries(
    names.filter((name) => existsSync(name)).map((name) => [name, statSync(name).size]),
  );
}

/** Readings as they were counted; the number of the next one tells nobody anything. */
function progressOf(kept: KeptValues): Record<string, number> {
  const { nextNumber: _, ...figures } = Numbers.parse(kept.read('telemetry progress') ?? {});
  return figures;
}

function memoryFigures(database: Database): z.infer<typeof Memory> {
  const [figures] = rows(
    database,
    Memory,
    `SELECT COUNT(*) AS meters, COALESCE(SUM(LENGTH(id) + LENGTH(seen)), 0) AS meterBytes,
       (SELECT COUNT(*) FROM results) AS results FROM meters`,
  );
  return figures ?? { meters: 0, meterBytes: 0, results: 0 };
}

const LOSSES = `SELECT kind, reason, COUNT(*) AS meters,
    CAST(SUM(json_extract(loss, '$.count')) AS INTEGER) AS count
  FROM losses GROUP BY kind, reason ORDER BY count DESC`;

const QUARANTINE = `SELECT input, reason, COUNT(*) AS entries, MAX(at_ms) AS latestMs
  FROM quarantine GROUP BY input, reason ORDER BY entries DESC`;

function rows<T>(database: Database, schema: z.ZodType<T>, sql: string): T[] {
  return database
    .prepare(sql)
    .all()
    .map((row) => schema.parse(row));
}
