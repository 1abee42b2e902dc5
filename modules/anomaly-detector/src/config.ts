import { z } from 'zod';

/** Desired properties of the anomaly detector's module twin. */
export const AnomalyDetectorConfig = z.object({
  /** How sure an alert has to be, percent. At 99 ten quiet meters raise over a hundred a day. */
  confidence: z.number().min(50).max(99.999999).default(99.99),
  /** Readings that each one is compared with. */
  historySize: z.int().min(2).max(10_000).default(120),
  /** Upward deviations, downward ones, or both. */
  mode: z.enum(['spikes', 'dips', 'spikesanddips']).default('spikesanddips'),
});
export type AnomalyDetectorConfig = z.infer<typeof AnomalyDetectorConfig>;
