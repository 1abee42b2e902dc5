/**
 * Readings that wait for others, as one JSON array in the database.
 *
 * Invariant: what comes out is, text for text, what went in. Texts are as JSON.stringify writes them, and
 * it writes what it has read of its own as it was.
 */
import { z } from 'zod';
import { stored, storedJson } from '../../shared/src/stored.ts';

const Entries = z.array(z.unknown());

/** JSON texts of readings, to be stored. */
export function joinedTexts(texts: readonly string[]): string {
  return `[${texts.join(',')}]`;
}

/**
 * The texts again; older rows are arrays of texts.
 *
 * @throws EdgeError STORED_NONSENSE
 */
export function separateTexts(row: string): string[] {
  return stored(Entries, storedJson(row)).map((entry) =>
    typeof entry === 'string' ? entry : JSON.stringify(entry),
  );
}
