/**
 * What travels between meters, gateway and cloud.
 *
 * Messages are JSON in UTF-8; a body is one object or an array of them, at most 256 KiB together
 * with its properties. The application property `kind` says which; without it a message is
 * `telemetry`, because the meters of the classic lab send none. Prose: docs/contracts.md.
 */
import { z } from 'zod';

/** Largest message IoT Hub and edgeHub take, body and properties together, bytes. */
export const MAX_MESSAGE_BYTES = 262_144;

/** Longest meter id: IoT Hub's limit for a device id, characters. */
export const MAX_METER_ID_LENGTH = 128;

/** Longest instant, characters: microseconds and an offset fit; digits without end would not. */
const MAX_INSTANT_LENGTH = 40;

/** Far beyond any temperature, and far below where the sum of a window would overflow; °F. */
export const MAX_DEGREES = 1e12;

/** Largest sequence number: its successor is still a safe integer. */
export const MAX_SEQ = Number.MAX_SAFE_INTEGER - 1;

/** Values of the application property `kind`. */
export const MessageKind = z.enum(['telemetry', 'average', 'anomaly', 'ledger', 'upload']);
export type MessageKind = z.infer<typeof MessageKind>;

/** Ids travel in topics and message ids, where control characters and half a surrogate pair cannot. */
const MeterId = z
  .string()
  .min(1)
  .max(MAX_METER_ID_LENGTH)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'Invalid input: control characters');
const Instant = z.iso.datetime({ offset: true }).max(MAX_INSTANT_LENGTH);
const Temperature = z.number().min(-MAX_DEGREES).max(MAX_DEGREES);
const Sequence = z.int().min(0).max(MAX_SEQ);

/** One measurement: `time` ISO 8601, `temp` degrees Fahrenheit, `seq` counts up per meter. */
export const Reading = z.looseObject({
  id: MeterId,
  time: Instant,
  temp: Temperature,
  seq: Sequence.optional(),
});
export type Reading = z.infer<typeof Reading>;

/** Mean of one meter over one tumbling window `(windowStart, windowEnd]`, degrees Fahrenheit. */
export const Average = z.object({
  id: MeterId,
  windowStart: Instant,
  windowEnd: Instant,
  average: Temperature,
  minimum: Temperature,
  maximum: Temperature,
  count: z.int().min(1),
  expectedCount: z.int().min(0).optional(),
  /** Counts up when late readings re-issue a window. */
  revision: z.int().min(0),
});
export type Average = z.infer<typeof Average>;

/** A reading that stands out of its meter's history. */
export const Anomaly = z.object({
  id: MeterId,
  time: Instant,
  seq: Sequence.optional(),
  temp: Temperature,
  direction: z.enum(['spike', 'dip']),
  /** p-value: the lower, the more anomalous. */
  score: z.number().min(0).max(1),
  /** Confidence the detector ran with, percent. */
  confidence: z.number().min(0).max(100),
  /** Readings the detector remembers. */
  historySize: z.int().min(1),
  /** Mean of the history, degrees Fahrenheit. */
  usual: Temperature,
  /** The readings just before and at the anomaly, oldest first. */
  recent: z.array(z.tuple([Instant, Temperature])),
});
export type Anomaly = z.infer<typeof Anomaly>;

/** Readings that a gateway put straight into Blob Storage, as CSV files that a manifest lists. */
export const Upload = z.object({
  /** Address without signature; names are relative to it. */
  container: z.string(),
  /** Name of the manifest. */
  manifest: z.string(),
  readings: z.int().min(1),
  from: Instant,
  to: Instant,
  files: z.int().min(1),
  bytes: z.int().min(1),
});
export type Upload = z.infer<typeof Upload>;

/** Readings or results that did not get through, and why. */
export const LedgerEntry = z.object({
  lostKind: MessageKind,
  id: MeterId.optional(),
  from: Instant,
  to: Instant,
  count: z.int().min(1),
  reason: z.string().max(200),
  /** Of the temperatures of lost readings, degrees Fahrenheit. */
  average: Temperature.optional(),
  minimum: Temperature.optional(),
  maximum: Temperature.optional(),
});
export type LedgerEntry = z.infer<typeof LedgerEntry>;

/**
 * What makes two deliveries the same reading: `(id, seq)`, or `(id, time, temp)` for meters that
 * send no `seq`. Time alone does not: clocks are set back.
 */
export function readingIdentity({ id, time, temp, seq }: Reading): string {
  return seq === undefined
    ? JSON.stringify([id, Date.parse(time), temp])
    : JSON.stringify([id, seq]);
}
