/**
 * Names of blobs from a path pattern.
 *
 * Invariant: whatever a row holds, its blob lies below the pattern's fixed beginning.
 */
import { tryCast } from './conversion.ts';
import { fieldOf, type SqlRecord } from './values.ts';

const TOKEN = /\{([^{}]*)\}/g;
const DATE_TOKEN = /^(date|time|datetime(:.*)?)$/i;
const UNSAFE_CHARACTER = /[^A-Za-z0-9_.=-]/g;
const LONGEST_SEGMENT = 200;

/**
 * Compiles `prefix/{column}` to the folder of a row.
 *
 * @throws Error for date tokens, which follow the engine's clock and are not played, and for more
 * than one column
 */
export function blobFolder(pathPattern: string): (row: SqlRecord) => string {
  const columns = [...pathPattern.matchAll(TOKEN)].map(([, name = '']) => name.trim());
  const date = columns.find((name) => DATE_TOKEN.test(name));
  if (date !== undefined)
    throw new Error(`path pattern ${pathPattern}: {${date}} is not supported`);
  const [column, another] = columns;
  if (another !== undefined) throw new Error(`path pattern ${pathPattern}: one {column} at most`);
  if (column === undefined) return () => pathPattern;
  return (row) => {
    const text = tryCast(fieldOf(row, column), 'nvarchar(max)');
    return pathPattern.replace(TOKEN, () => safePath(typeof text === 'string' ? text : ''));
  };
}

function safePath(text: string): string {
  return text.split('/').map(safeSegment).join('/');
}

/** Dots alone would climb, nothing at all would vanish, other characters could mean something. */
function safeSegment(segment: string): string {
  if (/^\.*$/.test(segment)) return '_';
  return segment.slice(0, LONGEST_SEGMENT).replace(UNSAFE_CHARACTER, '_');
}
