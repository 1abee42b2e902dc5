import { z } from 'zod';

/** Desired properties of the meter simulator's module twin. */
export const MeterSimulatorConfig = z.object({
  /** Meters that exist only here. */
  virtualMeters: z.int().min(0).max(10_000).default(0),
  /** Time between two readings of a meter, seconds. */
  intervalSeconds: z.number().min(0.25).max(86_400).default(10),
  /** The same seed gives the same temperatures. */
  seed: z.int().min(0).default(1),
});
export type MeterSimulatorConfig = z.infer<typeof MeterSimulatorConfig>;
