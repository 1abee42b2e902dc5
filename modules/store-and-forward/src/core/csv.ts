/**
 * CSV as the cold path writes it: a header, CRLF, quotes where they are needed.
 *
 * Source: RFC 4180.
 */

/** A column's value; what is not there is empty. */
export type CsvValue = string | number | undefined;

const NEEDS_QUOTES = /[",\r\n]/;
const LINE_END = '\r\n';

/** One record with its line end. */
export function csvRecord(values: readonly CsvValue[]): string {
  return values.map(field).join(',') + LINE_END;
}

function field(value: CsvValue): string {
  if (value === undefined) return '';
  const text = String(value);
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
