/**
 * Averages and anomalies as the queries put them out.
 *
 * An event's body is one JSON object; a Stream Analytics output can also be set to arrays, or to
 * several objects on lines of their own, and both are understood.
 */
import { z } from 'zod';
import type { AnomalyMark, AveragePoint } from '../core/board.ts';

const MeterId = z.string().min(1).max(128);
const Instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

const AverageRow = z
  .object({
    id: MeterId,
    windowEnd: Instant,
    average: z.number(),
    minimum: z.number().nullish(),
    maximum: z.number().nullish(),
    count: z.number().nullish(),
    expectedCount: z.number().nullish(),
    revision: z.number().nullish(),
    delaySeconds: z.number().nullish(),
  })
  .transform((row) => ({
    id: row.id,
    point: {
      endMs: row.windowEnd,
      average: row.average,
      minimum: row.minimum ?? row.average,
      maximum: row.maximum ?? row.average,
      count: row.count ?? 0,
      expectedCount: row.expectedCount ?? null,
      revision: row.revision ?? 0,
      delaySeconds: row.delaySeconds ?? null,
    },
  }));

const AnomalyRow = z
  .object({
    id: MeterId,
    time: Instant,
    temp: z.number(),
    direction: z.enum(['spike', 'dip']),
    score: z.number(),
    usual: z.number(),
    delaySeconds: z.number().nullish(),
  })
  .transform(({ time, delaySeconds, ...row }) => ({
    ...row,
    atMs: time,
    delaySeconds: delaySeconds ?? null,
  }));

/** Rows of an event, and how many were not understood. */
export interface Rows<T> {
  readonly rows: readonly T[];
  readonly refused: number;
}

/** The averages in the body of an event of the hot path. */
export function parseAverages(body: unknown): Rows<{ id: string; point: AveragePoint }> {
  return parseRows(body, AverageRow);
}

/** The anomalies in the body of an event of the alerts hub. */
export function parseAnomalies(body: unknown): Rows<AnomalyMark> {
  return parseRows(body, AnomalyRow);
}

function parseRows<T>(body: unknown, schema: z.ZodType<T>): Rows<T> {
  const candidates = split(body);
  const rows = candidates.flatMap((candidate) => {
    const parsed = schema.safeParse(candidate);
    return parsed.success ? [parsed.data] : [];
  });
  return { rows, refused: candidates.length - rows.length };
}

function split(body: unknown): readonly unknown[] {
  if (Array.isArray(body)) return body;
  if (body instanceof Uint8Array) return split(Buffer.from(body).toString('utf8'));
  if (typeof body !== 'string') return [body];
  return body
    .split('\n')
    .filter((line) => line.trim() !== '')
    .flatMap((line) => {
      const value = parseJson(line);
      return Array.isArray(value) ? value : [value];
    });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
