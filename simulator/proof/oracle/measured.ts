/**
 * What the meters measured, read from their journals: the only thing the oracle knows.
 *
 * Nothing in this folder imports from `modules/` or `simulator/azure`: what it expects is worked out
 * a second time, from the documents.
 */
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

/** Reads a whole journal, of smart meters or of virtual ones. @throws Error when it cannot be read */
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
