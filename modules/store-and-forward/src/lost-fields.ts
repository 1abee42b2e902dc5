/** What is read of a reading or result when it cannot be kept. */
import { z } from 'zod';
import { Anomaly, Average } from '../../shared/src/wire-contract.ts';
import type { Loss } from '../../shared/src/core/loss.ts';

/** A reading, as far as its aggregates need it. */
export const Fields = z.object({ id: z.string(), time: z.string(), temp: z.number() });

const Result = z.union([Average, Anomaly]);

/** The body of a message of averages or anomalies: one, or several. */
export const ResultFields = z.union([z.array(Result), Result.transform((one) => [one])]);

/** One result as a loss. */
export function lossOfResult(result: z.infer<typeof Result>): Loss {
  const isAverage = 'windowEnd' in result;
  const fromMs = Date.parse(isAverage ? result.windowStart : result.time);
  const toMs = Date.parse(isAverage ? result.windowEnd : result.time);
  return { id: result.id, fromMs, toMs, count: 1 };
}
