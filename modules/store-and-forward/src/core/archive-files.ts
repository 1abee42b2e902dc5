/**
 * Readings sorted into CSV files as the cold path lays them out: a folder for each hour in which they
 * were measured.
 *
 * Invariants:
 * - the same readings in the same order give the same files, byte for byte;
 * - every reading is in exactly one file.
 *
 * Source: the cold path's query, cloud/stream-analytics/cold-path.asaql, and its output's path.
 */
import { csvRecord } from './csv.ts';

/** A reading as far as the archive has columns for it. */
export interface ArchivedReading {
  readonly id: string;
  /** As the meter wrote it. */
  readonly time: string;
  /** The same instant as ISO 8601 in UTC; undefined when it is none. */
  readonly utc: string | undefined;
  readonly temp: number;
  readonly seq: number | undefined;
}

/** One file's folder, below the container's root, and its records with the header. */
export interface ArchiveFile {
  readonly folder: string;
  readonly csv: string;
  readonly readings: number;
}

/** The columns of the cold path's files. */
export const ARCHIVE_COLUMNS = ['id', 'time', 'temp', 'seq', 'gateway', 'archiveHour'] as const;

const ROOT = 'readings';
const NO_VALID_TIME = 'no-valid-time';

export class ArchiveFiles {
  readonly #gateway: string;
  readonly #records = new Map<string, string[]>();

  /** @param gateway the device that speaks for the meters */
  constructor(gateway: string) {
    this.#gateway = gateway;
  }

  add({ id, time, utc, temp, seq }: ArchivedReading): void {
    const hour = hourOf(utc);
    const records = this.#records.get(hour) ?? [];
    this.#records.set(hour, records);
    records.push(csvRecord([id, time, temp, seq, this.#gateway, hour]));
  }

  /** All files, by hour. */
  files(): ArchiveFile[] {
    const hours = [...this.#records].toSorted(([one], [other]) => (one < other ? -1 : 1));
    return hours.map(([hour, records]) => ({
      folder: `${ROOT}/${hour}`,
      csv: csvRecord(ARCHIVE_COLUMNS) + records.join(''),
      readings: records.length,
    }));
  }
}

/** `2026/06/01/13` */
function hourOf(utc: string | undefined): string {
  if (utc === undefined) return NO_VALID_TIME;
  const [, year, month, day, hour] = /^(\d{4})-(\d\d)-(\d\d)T(\d\d)/.exec(utc) ?? [];
  const isWhole = year !== undefined && hour !== undefined;
  return isWhole ? `${year}/${month}/${day}/${hour}` : NO_VALID_TIME;
}
