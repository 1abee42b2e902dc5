/** Reads the history from Azure SQL with Microsoft's client. Tables: cloud/sql. */
import { readFileSync } from 'node:fs';
import sql from 'mssql';
import { z } from 'zod';
import type { AnomalyMark, AveragePoint } from '../core/board.ts';
import type { SqlAddress } from './env.ts';
import type { HistoryReader } from './history.ts';

const CONNECT_MS = 10_000;
const REQUEST_MS = 60_000;
/** Rows that are handed over together. */
const BATCH_ROWS = 2_000;
/** The board holds no more averages than this of a day: the newest come first. */
const MAX_AVERAGES = 500_000;
const MAX_ANOMALIES = 1_000;

/** Of each window the highest revision, which is what the view holds. */
export const AVERAGES = `
  SELECT TOP (@most)
    id, windowEnd, average, minimum, maximum, [count], expectedCount, revision, delaySeconds
  FROM dbo.averages_latest
  WHERE windowEnd > @since
  ORDER BY windowEnd DESC`;

/** The anomalies, newest first. */
export const ANOMALIES = `
  SELECT TOP (@most) id, [time], temp, direction, score, usual, delaySeconds
  FROM dbo.anomalies
  WHERE [time] > @since
  ORDER BY [time] DESC`;

/** A bigint comes as text when the driver is afraid for its digits. */
const Whole = z.coerce.number();

const AverageRow = z
  .object({
    id: z.string(),
    windowEnd: z.date(),
    average: z.number(),
    minimum: z.number(),
    maximum: z.number(),
    count: Whole,
    expectedCount: Whole.nullable(),
    revision: Whole,
    delaySeconds: Whole.nullable(),
  })
  .transform(({ id, windowEnd, ...rest }): { id: string; point: AveragePoint } => ({
    id,
    point: { endMs: windowEnd.getTime(), ...rest },
  }));

const AnomalyRow = z
  .object({
    id: z.string(),
    time: z.date(),
    temp: z.number(),
    direction: z.enum(['spike', 'dip']),
    score: z.number(),
    usual: z.number(),
    delaySeconds: Whole.nullable(),
  })
  .transform(({ time, ...rest }): AnomalyMark => ({ ...rest, atMs: time.getTime() }));

/** A reader that connects for each reading. */
export function sqlHistory(address: SqlAddress): HistoryReader {
  return {
    read: async (sinceMs, taker, signal) => {
      const pool = await new sql.ConnectionPool(configOf(address)).connect();
      const since = new Date(sinceMs);
      const read = <T>(text: string, most: number, schema: z.ZodType<T>, take: Take<T>) =>
        readRows(
          pool.request().input('since', sql.DateTime2(3), since).input('most', sql.Int, most),
          {
            text,
            signal,
            take: (rows) => take(rows.flatMap((row) => parsed(schema, row))),
          },
        );
      try {
        await read(AVERAGES, MAX_AVERAGES, AverageRow, (rows) => taker.averages(rows));
        await read(ANOMALIES, MAX_ANOMALIES, AnomalyRow, (rows) => taker.anomalies(rows));
      } finally {
        await pool.close();
      }
    },
  };
}

type Take<T> = (rows: readonly T[]) => void;

/** Without a login the managed identity signs in. */
function configOf({ server, port, database, caFile, login }: SqlAddress): sql.config {
  const ca = caFile === undefined ? {} : { ca: readFileSync(caFile, 'utf8') };
  return {
    server,
    port,
    database,
    connectionTimeout: CONNECT_MS,
    requestTimeout: REQUEST_MS,
    options: { encrypt: true, cryptoCredentialsDetails: ca },
    pool: { max: 1, min: 0 },
    ...(login === undefined
      ? { authentication: { type: 'azure-active-directory-default', options: {} } }
      : login),
  };
}

/** Rows come as a stream, so that a day of a large building is never held twice. */
function readRows(
  request: sql.Request,
  { text, signal, take }: { text: string; signal: AbortSignal; take: Take<unknown> },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const rows: unknown[] = [];
    const cancel = () => request.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    request.stream = true;
    request.on('row', (row: unknown) => {
      rows.push(row);
      if (rows.length >= BATCH_ROWS) take(rows.splice(0));
    });
    request.on('error', reject);
    request.on('done', () => {
      signal.removeEventListener('abort', cancel);
      take(rows);
      resolve();
    });
    request.query(text).catch(reject);
  });
}

/** What cannot be read is left out: one odd row does not cost a day. */
function parsed<T>(schema: z.ZodType<T>, row: unknown): T[] {
  const result = schema.safeParse(row);
  return result.success ? [result.data] : [];
}
