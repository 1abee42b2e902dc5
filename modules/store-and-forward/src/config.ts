import { z } from 'zod';

/** Desired properties of store-and-forward's module twin. */
export const StoreAndForwardConfig = z.object({
  /** Whether raw readings go up, or only averages and anomalies. */
  rawTelemetry: z.enum(['all', 'none']).default('all'),
  /** Largest message that readings are packed into, bytes with properties; IoT Hub takes 262,144. */
  maxMessageBytes: z.int().min(4_096).max(258_048).default(65_536),
  /** How long a reading may wait for others to share its message, seconds. */
  maxDelaySeconds: z.number().min(0).max(3_600).default(1),
});
export type StoreAndForwardConfig = z.infer<typeof StoreAndForwardConfig>;
