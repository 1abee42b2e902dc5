/**
 * Reads what the module wrote into its database.
 *
 * What makes no sense there is damage, to be mended, and no fault of the message that asked for it: its
 * error is one of its own.
 */
import type { z } from 'zod';
import { EdgeError, messageOf } from './edge-error.ts';

/**
 * A stored value by its schema.
 *
 * @throws EdgeError STORED_NONSENSE
 */
export function stored<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  return readOf(() => schema.parse(value));
}

/**
 * A value that is stored as JSON.
 *
 * @throws EdgeError STORED_NONSENSE
 */
export function storedJson(text: string): unknown {
  return readOf((): unknown => JSON.parse(text));
}

function readOf<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw new EdgeError(
      'STORED_NONSENSE',
      `a stored row makes no sense: ${messageOf(error)}`,
      error,
    );
  }
}
