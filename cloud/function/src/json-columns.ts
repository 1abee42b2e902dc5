/**
 * A value in a row of Table Storage, as JSON in as many properties as it takes.
 *
 * A property holds 64 KiB of UTF-16, a row 1 MiB. The JSON is ASCII, so that no cut goes through a
 * character. Source:
 * learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
 */

/** Characters of one property. */
const MAX_PART = 32_000;
/** What a row holds with room for its other properties. */
const MAX_PARTS = 15;

/**
 * Properties `json0`, `json1` … for `value`.
 *
 * @throws RangeError when it is too large for a row: a bound of its making does not hold
 */
export function toColumns(value: unknown): Record<string, string> {
  const json = JSON.stringify(value).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const columns: Record<string, string> = {};
  for (let part = 0; part * MAX_PART < json.length; part += 1) {
    columns[`json${part}`] = json.slice(part * MAX_PART, (part + 1) * MAX_PART);
  }
  if (Object.keys(columns).length > MAX_PARTS) {
    throw new RangeError(`${json.length} characters of JSON do not fit into a row`);
  }
  return columns;
}

/** The value that `toColumns` has put into `row`; undefined when there is none. */
export function fromColumns(row: Readonly<Record<string, unknown>>): unknown {
  const parts: string[] = [];
  for (let part = row['json0']; typeof part === 'string'; part = row[`json${parts.length}`]) {
    parts.push(part);
  }
  return parts.length === 0 ? undefined : JSON.parse(parts.join(''));
}
