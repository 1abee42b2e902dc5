import { z } from 'zod';

/** Desired properties of the averager's module twin. */
export const AveragerConfig = z.object({
  /** Length of the tumbling window, seconds. */
  windowSeconds: z.int().min(1).max(86_400).default(300),
  /** How far a meter's watermark stays behind its latest reading, seconds. */
  latenessSeconds: z.number().min(0).max(3_600).default(30),
  /** After so much silence a meter's open windows close, seconds. */
  silenceSeconds: z.number().min(1).max(86_400).default(60),
  /** How far back late readings re-issue their windows, days of the meter's own event time. */
  revisionHorizonDays: z.number().min(1).max(3_650).default(30),
  /** Most that the module's database takes, bytes, write-ahead log included; 16 MiB to 1 TiB. */
  maxDiskBytes: z.int().min(16_777_216).max(1_099_511_627_776).default(67_108_864),
});
export type AveragerConfig = z.infer<typeof AveragerConfig>;
