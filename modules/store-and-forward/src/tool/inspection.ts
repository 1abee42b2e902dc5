/**
 * What is in a store-and-forward database, in figures.
 *
 * Invariants:
 * - all figures belong together: they are read in one short transaction;
 * - a part that is damaged is named, and hides no other part.
 */
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { Counters } from '../../../shared/src/counters.ts';
import { isDatabaseInUse, type Database } from '../../../shared/src/database.ts';
import { messageOf } from '../../../shared/src/edge-error.ts';
import { KeptValues } from '../../../shared/src/kept-values.ts';
import { snapshot } from './snapshot.ts';
import { WAITING_PLACES, type WaitingKind } from './waiting-kinds.ts';

/** A part that was read, or why it cannot be. */
export type Part<T> = { readonly value: T } | { readonly unreadable: string };

/** Everything the tool tells about a database. */
export interface Inspection {
  readonly path: string;
  readonly atMs: number;
  readonly isRunning: boolean;
  readonly schemaVersion: number;
  readonly waiting: readonly Part<readonly WaitingKind[]>[];
  /** Acknowledged by edgeHub, and kept to be sent again. */
  readonly delivered: Part<readonly z.infer<typeof DeliveredRow>[]>;
  readonly progress: Part<Readonly<Record<string, number>>>;
  readonly memory: Part<Readonly<Record<'meters' | 'meterBytes' | 'results', number>>>;
  readonly losses: Part<readonly z.infer<typeof LossRow>[]>;
  readonly quarantine: Part<readonly z.infer<typeof QuarantineRow>[]>;
  readonly counters: Part<Readonly<Record<string, number>>>;
  readonly configuration: Part<Readonly<Record<string, unknown>>>;
  /** Bytes of each file of the database. */
  readonly files: Readonly<Record<string, number>>;
}

const DeliveredRow = z.object({
  kind: z.string(),
  blocks: z.int(),
  messages: z.int(),
  bytes: z.int(),
  fromMs: z.number(),
  toMs: z.number(),
});
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
    waiting: WAITING_PLACES.map((kindsAt) => part(() => kindsAt(database))),
    delivered: part(() => rows(database, DeliveredRow, DELIVERED)),
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

/** Bytes of the files that belong to a database, damaged ones that were kept aside included. */
export function filesOf(path: string): Record<string, number> {
  const names = readdirSync(dirname(path)).filter((name) => name.startsWith(basename(path)));
  const found = names.toSorted().map((name) => join(dirname(path), name));
  // The module may end one meanwhile.
  return Object.fromEntries(
    found.flatMap((name): [string, number][] => {
      const stats = statSync(name, { throwIfNoEntry: false });
      return stats === undefined ? [] : [[name, stats.size]];
    }),
  );
}

/** Readings as they were counted; the number of the next one tells nobody anything. */
function progressOf(kept: KeptValues): Record<string, number> {
  const { nextNumber: _, ...figures } = Numbers.parse(kept.read('telemetry progress') ?? {});
  return figures;
}

/** Bytes that count against the limit: not those of damaged files that were kept aside. */
export function ownBytes(files: Readonly<Record<string, number>>): number {
  const own = Object.entries(files).filter(([name]) => !name.includes('.damaged-'));
  return own.reduce((sum, [, bytes]) => sum + bytes, 0);
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

const DELIVERED = `SELECT kind, COUNT(*) AS blocks, SUM(messages) AS messages,
    SUM(LENGTH(content)) AS bytes, MIN(from_ms) AS fromMs, MAX(to_ms) AS toMs
  FROM delivered GROUP BY kind ORDER BY kind`;

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
