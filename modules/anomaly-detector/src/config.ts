import { z } from 'zod';

/** What can be set for all meters, and for each. */
export const WatchSettings = z.object({
  /** `steps` follows drift and swings; `robust` and `parity` score as Stream Analytics does. */
  variant: z.enum(['steps', 'robust', 'parity']),
  /** How sure an alert has to be, percent; the README says what that means in false alarms. */
  confidence: z.number().min(50).max(99.999999),
  /** Readings that each one is compared with. */
  historySize: z.int().min(2).max(10_000),
  /** Upward deviations, downward ones, or both. */
  mode: z.enum(['spikes', 'dips', 'spikesanddips']),
  /** Readings before the first alert; 0 takes the detector's own. `steps` takes at least 30. */
  minimumHistory: z.int().min(0).max(10_000),
  /** Keeps alerted readings out of the history; `steps` never needs it. */
  leaveOutAnomalies: z.boolean(),
  /** A gap of more than so many usual intervals restarts learning; 0 never does. */
  gapIntervals: z.number().min(0).max(1e6),
  /** Alerts that follow one another within so many readings are one; 0 keeps each. */
  cooldownReadings: z.int().min(0).max(10_000),
});
const WATCH = WatchSettings.shape;

/** Desired properties of the anomaly detector's module twin. */
export const AnomalyDetectorConfig = z.object({
  variant: WATCH.variant.default('steps'),
  confidence: WATCH.confidence.default(99.999997),
  historySize: WATCH.historySize.default(120),
  mode: WATCH.mode.default('spikesanddips'),
  minimumHistory: WATCH.minimumHistory.default(0),
  leaveOutAnomalies: WATCH.leaveOutAnomalies.default(false),
  gapIntervals: WATCH.gapIntervals.default(60),
  cooldownReadings: WATCH.cooldownReadings.default(0),
  /** Other settings for single meters, by id. */
  meters: z.record(z.string(), z.strictObject(WATCH).partial()).default({}),
});
export type AnomalyDetectorConfig = z.infer<typeof AnomalyDetectorConfig>;
