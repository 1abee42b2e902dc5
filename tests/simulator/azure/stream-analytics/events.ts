/** Events and queries for tests of the engine. */
import { Job, type JobOptions } from '../../../../simulator/azure/stream-analytics/core/job.ts';
import { runLocally } from '../../../../simulator/azure/stream-analytics/core/local-run.ts';
import type { InputEvent } from '../../../../simulator/azure/stream-analytics/core/row.ts';
import {
  fromJson,
  isRecord,
  toJsonText,
  type SqlRecord,
} from '../../../../simulator/azure/stream-analytics/core/values.ts';

/** 2026-01-01T00:00:00Z, epoch milliseconds. */
export const START_MS = Date.UTC(2026, 0, 1);

export interface EventOptions {
  readonly arrivalMs?: number;
  readonly device?: string;
  readonly user?: Record<string, string>;
}

/** An event as an input hands it over. */
export function event(
  payload: unknown,
  { arrivalMs = START_MS, device = 'Meter01', user = {} }: EventOptions = {},
): InputEvent {
  return {
    payload: recordOf(payload),
    arrivalMs,
    processedMs: arrivalMs,
    partitionId: 0n,
    user: recordOf(user),
    ioTHub: recordOf({ ConnectionDeviceId: device }),
  };
}

/** A parsed JSON object as a record. */
export function recordOf(json: unknown): SqlRecord {
  const value = fromJson(json);
  if (!isRecord(value)) throw new Error('not an object');
  return value;
}

/** Rows as plain JSON. */
export function plain(rows: readonly SqlRecord[] = []): Record<string, unknown>[] {
  return rows.map((row) => JSON.parse(toJsonText(row)));
}

/** What a query makes of recorded events of the input `events`, as plain JSON. */
export function run(query: string, events: readonly unknown[]): Record<string, unknown>[] {
  const output = runLocally(query, new Map([['events', events.map(recordOf)]]), START_MS);
  return plain([...output.values()].flat());
}

/** The value of one expression over one event. */
export function valueOf(expression: string, payload: unknown = {}): unknown {
  return run(`SELECT ${expression} AS x FROM events`, [payload])[0]?.['x'];
}

/** A job with a time policy. */
export function liveJob(query: string, options: Partial<JobOptions['timePolicy']> = {}): Job {
  const defaults = { lateArrivalSeconds: -1, outOfOrderSeconds: 30, action: 'Drop' as const };
  return new Job(query, { timePolicy: { ...defaults, ...options } });
}

/**
 * Everything a job has put out since the last call, as plain JSON: of all outputs but the tables of
 * Azure SQL, which get the same rows once more.
 */
export function taken(job: Job): Record<string, unknown>[] {
  const output = [...job.takeOutput()];
  return plain(output.flatMap(([alias, rows]) => (alias.includes('-table-') ? [] : rows)));
}

/** ISO time of seconds after the start. */
export function at(seconds: number): string {
  return new Date(START_MS + seconds * 1_000).toISOString();
}
