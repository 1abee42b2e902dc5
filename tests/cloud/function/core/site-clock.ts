/** One site with a hand-moved clock: what would be mailed, and when. */
import { nextStep, type Draft } from '../../../../cloud/function/src/core/next-mail.ts';
import type { Anomaly } from '../../../../cloud/function/src/core/anomaly.ts';
import {
  QUIET_SITE,
  takeIn,
  type SiteState,
} from '../../../../cloud/function/src/core/site-state.ts';
import {
  anomaly,
  CLEAR_AFTER_MS,
  GROUP_WAIT_MS,
  REMINDER_MS,
  SILENT_AFTER_MS,
  START_MS,
  UPDATE_MS,
} from '../support.ts';

export const PACE = {
  groupWaitMs: GROUP_WAIT_MS,
  updateMs: UPDATE_MS,
  reminderMs: REMINDER_MS,
  clearAfterMs: CLEAR_AFTER_MS,
  lateAfterMs: 900_000,
  silentAfterMs: SILENT_AFTER_MS,
};

const TICK_MS = 5_000;

export class SiteClock {
  nowMs = START_MS;
  heardMs: number | null = null;
  watchingSinceMs = START_MS - 3_600_000;
  state: SiteState = QUIET_SITE;
  readonly drafts: Draft[] = [];
  #seq = 0;

  /** Anomalies that happen and arrive now, or happened `ageMs` ago. */
  arrive(meterIds: readonly string[], { ageMs = 0 } = {}): void {
    const arrivals = meterIds.map((meterId) => ({
      anomaly: this.#anomaly({ meterId, atMs: this.nowMs - ageMs }),
      arrivedMs: this.nowMs,
      fingerprint: 1,
    }));
    this.state = takeIn(this.state, arrivals, PACE);
  }

  /** Moves the clock in steps of the timer, `each` being done at every step. */
  pass(ms: number, each: () => void = () => undefined): void {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs;) {
      this.nowMs += TICK_MS;
      each();
      this.look();
    }
  }

  look(): void {
    const step = nextStep(this.state, this, PACE);
    this.state = step.state;
    if (step.draft !== null) this.drafts.push(step.draft);
  }

  /** `first +30s`: kinds, and when after the start. */
  mails(): string[] {
    return this.drafts.map(({ kind, writtenMs }) => `${kind} +${(writtenMs - START_MS) / 1_000}s`);
  }

  #anomaly(overrides: Partial<Anomaly>): Anomaly {
    this.#seq += 1;
    return anomaly({ ...overrides, seq: this.#seq });
  }
}

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
