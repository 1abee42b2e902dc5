import { z } from 'zod';

/** Desired properties of store-and-forward's module twin. */
export const StoreAndForwardConfig = z.object({
  /** Whether raw readings go up, or only averages and anomalies. */
  rawTelemetry: z.enum(['all', 'none']).default('all'),
  /** Largest message that readings are packed into, bytes with properties; IoT Hub takes 262,144. */
  maxMessageBytes: z.int().min(4_096).max(258_048).default(65_536),
  /** How long a reading may wait for others to share its message, seconds. */
  maxDelaySeconds: z.number().min(0).max(3_600).default(60),
  /** What the database may take on disk, its log and temporary files counted, bytes. */
  maxDiskBytes: z.int().min(9_437_184).max(1_099_511_627_776).default(67_108_864),
  /** What delivered messages may take of it, to be sent again with `resend`; percent. */
  deliveredSharePercent: z.number().min(0).max(90).default(25),
  /**
   * Billed messages of 4 KiB that may go up in a day (UTC); 0 for as many as come. Less than 100 would
   * not do for one large message.
   */
  maxBilledMessagesPerDay: z
    .int()
    .min(0)
    .max(1_000_000_000)
    .refine((limit) => limit === 0 || limit >= 100, 'must be 0, or at least 100')
    .default(0),
  /** Readings from which on the backlog goes straight to Blob Storage; 0 for never. */
  bulkAfterReadings: z.int().min(0).max(1_000_000_000).default(0),
  /** Age at which what could not be sent is let go, seconds; longer than any outage planned for. */
  timeToLiveSeconds: z.int().min(3_600).max(3_456_000_000).default(34_560_000),
});
export type StoreAndForwardConfig = z.infer<typeof StoreAndForwardConfig>;
