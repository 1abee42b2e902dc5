/** The app settings that say how fast mails follow one another. */
import { z } from 'zod';
import type { Pace } from './core/pace.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** One schema for each setting. */
export const PaceSettings = z.object({
  /** From an incident's first anomaly to its first mail, seconds. */
  GROUP_WAIT_SECONDS: z.coerce.number().min(0).max(3_600).default(30),
  /** Shortest time from one mail of an incident to the next, minutes. */
  UPDATE_MINUTES: z.coerce.number().positive().max(1_440).default(5),
  /** After so long without a mail an incident that lasts is brought to mind, hours. */
  REMINDER_HOURS: z.coerce.number().positive().max(168).default(4),
  /** An incident is over when no anomaly has come for so long, minutes. */
  CLEAR_AFTER_MINUTES: z.coerce.number().positive().max(1_440).default(10),
  /** An anomaly that arrives so long after it happened is late, minutes. */
  LATE_AFTER_MINUTES: z.coerce.number().positive().max(10_080).default(15),
  /** A gateway is silent when nothing came from it for so long, minutes. */
  SILENT_AFTER_MINUTES: z.coerce.number().min(1).max(10_080).default(15),
});

/** The pace that the settings ask for. */
export function paceOf(given: z.infer<typeof PaceSettings>): Pace {
  return {
    groupWaitMs: given.GROUP_WAIT_SECONDS * SECOND_MS,
    updateMs: given.UPDATE_MINUTES * MINUTE_MS,
    reminderMs: given.REMINDER_HOURS * HOUR_MS,
    clearAfterMs: given.CLEAR_AFTER_MINUTES * MINUTE_MS,
    lateAfterMs: given.LATE_AFTER_MINUTES * MINUTE_MS,
    silentAfterMs: given.SILENT_AFTER_MINUTES * MINUTE_MS,
  };
}
