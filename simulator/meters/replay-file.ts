import { readFileSync } from 'node:fs';

/** A recorded measurement: epoch milliseconds, degrees Fahrenheit. */
export interface RecordedReading {
  readonly atMs: number;
  readonly tempF: number;
}

/** A recording that cannot be read; the message names the file, the line and what is expected. */
export class ReplayFileError extends Error {
  override readonly name = 'ReplayFileError';
  readonly code = 'REPLAY_FILE';
}

const TIMESTAMP = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d+)?)Z?$/;

/**
 * Reads a CSV with the header `timestamp,value`; timestamps are UTC, such as `2013-07-04 00:00:00`.
 *
 * @throws ReplayFileError
 */
export function readReplayFile(path: string): RecordedReading[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ReplayFileError(`The recording ${path} cannot be read: ${reason}`);
  }
  const [header, ...lines] = text.split(/\r?\n/);
  if (header?.trim() !== 'timestamp,value') {
    throw new ReplayFileError(`${path}: the first line must be "timestamp,value".`);
  }
  const rows = lines.flatMap((line, index) =>
    line.trim() === '' ? [] : [parseRow(line, `${path}, line ${index + 2}`)],
  );
  if (rows.length === 0) throw new ReplayFileError(`${path} holds no readings.`);
  return rows;
}

function parseRow(line: string, place: string): RecordedReading {
  const [timestamp = '', value = '', ...rest] = line.split(',').map((cell) => cell.trim());
  const [, day, time] = TIMESTAMP.exec(timestamp) ?? [];
  const atMs = Date.parse(`${day}T${time}Z`);
  const tempF = value === '' ? Number.NaN : Number(value);
  if (rest.length > 0 || Number.isNaN(atMs) || !Number.isFinite(tempF)) {
    throw new ReplayFileError(`${place}: expected "2013-07-04 00:00:00,69.9", found "${line}".`);
  }
  return { atMs, tempF };
}
