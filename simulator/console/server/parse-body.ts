import { z } from 'zod';
import { ControlError } from '../../wire/control-api.ts';

/**
 * The body of a request, checked.
 *
 * @throws ControlError 400 saying what is wrong with it
 */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new ControlError(400, z.prettifyError(parsed.error));
}
