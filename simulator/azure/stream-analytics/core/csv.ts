/** Rows as CSV (RFC 4180). A record prints as the word Record, as the service writes it. */
import { formatInstant } from './civil-time.ts';
import { SqlDateTime, isRecord, type SqlRecord, type Value } from './values.ts';

const NEEDS_QUOTES = /[",\r\n]/;
const LINE_END = '\r\n';

/** The header line. */
export function csvHeader(columns: readonly string[]): string {
  return columns.map(quoted).join(',') + LINE_END;
}

/** One line of values, in the order of `columns`; NULL is empty. */
export function csvLine(columns: readonly string[], row: SqlRecord): string {
  return columns.map((column) => quoted(fieldText(row[column] ?? null))).join(',') + LINE_END;
}

function fieldText(value: Value): string {
  if (value === null) return '';
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (value instanceof SqlDateTime) return formatInstant(value.epochMs);
  if (typeof value === 'object') return isRecord(value) ? 'Record' : 'Array';
  return String(value);
}

function quoted(text: string): string {
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
