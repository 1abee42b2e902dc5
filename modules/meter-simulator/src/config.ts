import { z } from 'zod';

/** Desired properties of the meter simulator's module twin. */
export const MeterSimulatorConfig = z.object({
  /** Meters that exist only here. */
  virtualMeters: z.int().min(0).max(200_000).default(0),
  /** Time between two readings of a meter, seconds. */
  intervalSeconds: z.number().min(0.25).max(86_400).default(10),
  /** Most readings in one message. */
  readingsPerMessage: z.int().min(1).max(500).default(500),
  /** The same seed gives the same temperatures, episodes and faults. */
  seed: z.int().min(0).default(1),
  /** Whether a meter has a spike or dip about once in 900 readings. */
  injectSpikesAndDips: z.boolean().default(true),
  /** Shifts of the level, mean number of one meter in a day. */
  levelShiftsPerDay: z.number().min(0).max(1_440).default(0),
  /** Times that the sensor is stuck, mean number of one meter in a day. */
  stuckPerDay: z.number().min(0).max(1_440).default(0),
  /** Runs of readings that are never sent, mean number of one meter in a day. */
  missingPerDay: z.number().min(0).max(1_440).default(0),
  /** Outages of a meter, after which its backlog comes at once, mean number of one meter in a day. */
  outagesPerDay: z.number().min(0).max(1_440).default(0),
  /** Longest outage of a meter, hours. */
  outageHours: z.number().min(0.01).max(720).default(72),
  /** Readings that are sent late, percent. */
  latePercent: z.number().min(0).max(50).default(0),
  /** Readings that are sent twice, percent. */
  repeatPercent: z.number().min(0).max(50).default(0),
  /** Longest delay of a late reading or of a repeat, seconds. */
  lateSeconds: z.number().min(1).max(3_600).default(60),
  /** Most that a meter's clock gains or loses in a day, seconds; it is set right every 30 days. */
  clockDriftSecondsPerDay: z.number().min(0).max(600).default(0),
  /** Most that the module's database takes, bytes; its journal gets half of it. */
  maxDiskBytes: z.int().min(16_777_216).max(1_099_511_627_776).default(134_217_728),
});
export type MeterSimulatorConfig = z.infer<typeof MeterSimulatorConfig>;
