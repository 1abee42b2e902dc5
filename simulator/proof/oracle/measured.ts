/**
 * What the meters measured, read from their journals: the only thing the oracle knows.
 *
 * Nothing in this folder imports from `modules/` or `simulator/azure`: what it expects is worked out
 * a second time, from the documents.
 */
import { inflateRawSync } from 'node:zlib';
import { openReadOnly } from '../../wire/database.ts';

export interface MeasuredReading {
  readonly seq: number;
  /** ISO 8601, as it travelled. */
  readonly time: string;
  /** Epoch milliseconds. */
  readonly atMs: number;
  /** Degrees Fahrenheit. */
  readonly temp: number;
  readonly injected: 'spike' | 'dip' | null;
}

/** One meter and everything it measured, in order of `seq`. */
export interface MeasuredMeter {
  readonly id: string;
  /** Whether it speaks straight to IoT Hub. */
  readonly isDirect: boolean;
  readonly readings: readonly MeasuredReading[];
}

interface MeterRow {
  readonly id: string;
  readonly connection: string;
}

type ReadingRow = Omit<MeasuredReading, 'atMs'>;

/** A message of virtual meters, as their journal has it. */
interface JournalContent {
  readonly readings: readonly (Pick<MeasuredReading, 'seq' | 'time' | 'temp'> & {
    readonly id: string;
  })[];
  /** By the position of their reading. */
  readonly injected: Readonly<Record<string, 'spike' | 'dip'>>;
}

/** Reads the whole journal of the smart meters. @throws Error when it cannot be read */
export function readJournal(path: string): MeasuredMeter[] {
  const database = openReadOnly(path);
  try {
    const meters = database.prepare('SELECT id, connection FROM meters ORDER BY id').all();
    const readings = database.prepare(
      'SELECT seq, time, temp, injected FROM readings WHERE meter_id = ? ORDER BY seq',
    );
    return (meters as MeterRow[]).map(({ id, connection }) => ({
      id,
      isDirect: connection === 'direct',
      readings: (readings.all(id) as ReadingRow[]).map((row) => ({
        ...row,
        atMs: Date.parse(row.time),
      })),
    }));
  } finally {
    database.close();
  }
}

/**
 * Reads the whole journal of the virtual meters: messages of readings, each deflated JSON.
 *
 * @throws Error when it cannot be read
 */
export function readVirtualJournal(path: string): MeasuredMeter[] {
  const database = openReadOnly(path);
  const meters = new Map<string, MeasuredReading[]>();
  try {
    const contents = database.prepare('SELECT content FROM journal').pluck().iterate();
    for (const content of contents) {
      const text = inflateRawSync(content as Buffer).toString();
      const { readings, injected } = JSON.parse(text) as JournalContent;
      for (const [index, { id, ...reading }] of readings.entries()) {
        const known = meters.get(id) ?? [];
        meters.set(id, known);
        const atMs = Date.parse(reading.time);
        known.push({ ...reading, atMs, injected: injected[index] ?? null });
      }
    }
  } finally {
    database.close();
  }
  return [...meters].map(([id, readings]) => ({
    id,
    isDirect: false,
    readings: readings.toSorted((one, other) => one.seq - other.seq),
  }));
}
