/**
 * What becomes of events that arrive late, out of order or too early.
 *
 * Invariants:
 * - the watermark of a timeline never goes back;
 * - an event that is kept has a timestamp at or after the watermark of its timeline;
 * - late arrival is judged first and for all timelines alike, order within a timeline.
 *
 * Source: Stream Analytics, "Understand time handling" and "TIMESTAMP BY".
 */
import { MINUTE_MS, SECOND_MS } from './civil-time.ts';
import { KeyedState, type StateChange, type Stateful } from './operators/keyed-state.ts';

/** The job's event ordering settings. */
export interface TimePolicySettings {
  /** Seconds an event may be older than its arrival; -1 waits indefinitely. */
  readonly lateArrivalSeconds: number;
  /** Seconds an event may be older than the newest of its timeline. */
  readonly outOfOrderSeconds: number;
  /** What happens to events beyond: their timestamp is moved, or they are dropped. */
  readonly action: 'Adjust' | 'Drop';
}

/** What was decided for one event. */
export type Judgement =
  | {
      readonly kept: true;
      readonly timestampMs: number;
      readonly isLate: boolean;
      readonly isOutOfOrder: boolean;
    }
  | { readonly kept: false; readonly reason: 'early' | 'late' | 'outOfOrder' };

/** Events more than this ahead of their arrival are dropped; the service has no setting for it. */
export const EARLY_ARRIVAL_MS = 5 * MINUTE_MS;

/** Judges events and keeps the watermark of every timeline. */
export class TimePolicy implements Stateful {
  readonly #settings: TimePolicySettings;
  /** Latest timestamp of each timeline, epoch milliseconds. */
  readonly #latest: KeyedState<number>;
  /** No watermark is below this: time has passed without events. */
  #floorMs = Number.NEGATIVE_INFINITY;

  constructor(id: string, settings: TimePolicySettings) {
    this.#settings = settings;
    this.#latest = new KeyedState(id, { save: (latestMs) => latestMs, load: Number });
  }

  /** Decides on one event and moves the watermark of its timeline. */
  judge(substream: string, eventMs: number, arrivalMs: number): Judgement {
    if (eventMs > arrivalMs + EARLY_ARRIVAL_MS) return { kept: false, reason: 'early' };
    const { action } = this.#settings;
    const earliestMs = this.#earliestMs(arrivalMs);
    const isLate = eventMs < earliestMs;
    if (isLate && action === 'Drop') return { kept: false, reason: 'late' };
    const timelyMs = isLate ? earliestMs : eventMs;
    const watermarkMs = this.watermarkMs(substream);
    const isOutOfOrder = timelyMs < watermarkMs;
    if (isOutOfOrder && action === 'Drop') return { kept: false, reason: 'outOfOrder' };
    const timestampMs = isOutOfOrder ? watermarkMs : timelyMs;
    const latestMs = this.#latest.get(substream) ?? Number.NEGATIVE_INFINITY;
    if (timestampMs > latestMs) this.#latest.set(substream, timestampMs);
    return { kept: true, timestampMs, isLate, isOutOfOrder };
  }

  /** Up to where a timeline is complete: below this nothing is kept as it is. */
  watermarkMs(substream: string): number {
    const latestMs = this.#latest.get(substream) ?? Number.NEGATIVE_INFINITY;
    return Math.max(latestMs - this.#settings.outOfOrderSeconds * SECOND_MS, this.#floorMs);
  }

  /**
   * Moves all watermarks on while nothing arrives; `nowMs` is when an event would arrive now.
   *
   * @returns the timelines there are, empty when waiting indefinitely
   */
  passTime(nowMs: number): string[] {
    const earliestMs = this.#earliestMs(nowMs);
    if (earliestMs <= this.#floorMs) return [];
    this.#floorMs = earliestMs;
    return this.#latest.keys();
  }

  takeChanges(): StateChange[] {
    return this.#latest.takeChanges();
  }

  restore(key: string, text: string): void {
    this.#latest.restore(key, text);
  }

  #earliestMs(arrivalMs: number): number {
    const { lateArrivalSeconds } = this.#settings;
    if (lateArrivalSeconds < 0) return Number.NEGATIVE_INFINITY;
    return arrivalMs - lateArrivalSeconds * SECOND_MS;
  }
}
