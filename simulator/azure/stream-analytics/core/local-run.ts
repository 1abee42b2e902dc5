/**
 * Runs a query over recorded events, as `localrun` of the command line tool does: events are put in
 * order of their own time, no time policy applies, and at the end every window closes.
 */
import { tryCast } from './conversion.ts';
import { Job, type JobOutput } from './job.ts';
import type { InputEvent } from './row.ts';
import { SqlDateTime, fieldOf, isRecord, record, type SqlRecord, type Value } from './values.ts';

/** Recorded events by input. */
export type LocalInputs = ReadonlyMap<string, readonly SqlRecord[]>;

/** Fields of a recorded event that stand for what the service knows of it, lower case. */
const METADATA_FIELDS = new Set([
  'user',
  'iothub',
  'partitionid',
  'eventenqueuedutctime',
  'eventprocessedutctime',
]);

/**
 * Gives the rows of every output.
 *
 * A recorded event may carry `IoTHub`, `PartitionId` and `EventEnqueuedUtcTime` as the service
 * appends them, and in `User` its application properties.
 *
 * @param startMs when the run starts: the arrival time of events that do not say theirs
 * @throws QueryError, QueryFault
 */
export function runLocally(query: string, inputs: LocalInputs, startMs: number): JobOutput {
  const job = new Job(query);
  for (const alias of job.inputs) {
    const events = inputs.get(alias) ?? [];
    for (const fields of events) job.push(alias, recordedEvent(fields, startMs));
  }
  job.end();
  return job.takeOutput();
}

function recordedEvent(fields: SqlRecord, startMs: number): InputEvent {
  const payload = record(
    Object.entries(fields).filter(([name]) => !METADATA_FIELDS.has(name.toLowerCase())),
  );
  const partition = fieldOf(fields, 'PartitionId');
  return {
    payload,
    arrivalMs: instant(fieldOf(fields, 'EventEnqueuedUtcTime')) ?? startMs,
    processedMs: startMs,
    partitionId: typeof partition === 'bigint' ? partition : 0n,
    user: recordOr(fieldOf(fields, 'User')) ?? record([]),
    ioTHub: recordOr(fieldOf(fields, 'IoTHub')),
  };
}

function recordOr(value: Value): SqlRecord | null {
  return isRecord(value) ? value : null;
}

function instant(value: Value): number | undefined {
  const converted = tryCast(value, 'datetime');
  return converted instanceof SqlDateTime ? converted.epochMs : undefined;
}
