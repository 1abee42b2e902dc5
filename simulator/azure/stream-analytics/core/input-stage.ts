import { tryCast } from './conversion.ts';
import type { JobCounters } from './job-counters.ts';
import type { StateChange, Stateful } from './operators/keyed-state.ts';
import type { InputPlan } from './plan/plan-query.ts';
import type { InputEvent, Row } from './row.ts';
import { TimePolicy, type Judgement, type TimePolicySettings } from './time-policy.ts';
import { SqlDateTime, groupingKey, type Value } from './values.ts';

/** Arrival times of several partitions interleave; the job sees them in one order. */
const ARRIVAL_ORDER: TimePolicySettings = {
  lateArrivalSeconds: -1,
  outOfOrderSeconds: 0,
  action: 'Adjust',
};

const NO_SLOTS: readonly Value[] = [];

/** Gives the events of one input their timestamp and timeline, and judges their order. */
export class InputStage implements Stateful {
  readonly id: string;
  readonly #plan: InputPlan;
  /** Without one, in local runs, every event keeps its own time. */
  readonly #policy: TimePolicy | undefined;
  readonly #counts = {
    eventsIn: 0,
    lateEvents: 0,
    outOfOrderEvents: 0,
    droppedEvents: 0,
    conversionErrors: 0,
  };

  constructor(plan: InputPlan, settings: TimePolicySettings | undefined) {
    this.id = `FROM ${plan.alias}`;
    this.#plan = plan;
    const policy = plan.timestampBy === undefined ? ARRIVAL_ORDER : settings;
    this.#policy = settings && policy && new TimePolicy(this.id, policy);
  }

  get counters(): JobCounters {
    return this.#counts;
  }

  push(event: InputEvent): void {
    this.#counts.eventsIn += 1;
    const unplaced = this.#row(event, event.arrivalMs, '');
    const eventMs = this.#eventTime(unplaced);
    const substream = this.#substreamOf(unplaced);
    if (eventMs === undefined || substream === undefined) {
      this.#countConversionErrors(1);
      return;
    }
    const judgement = this.#policy?.judge(substream, eventMs, event.arrivalMs);
    if (judgement !== undefined) this.#count(judgement);
    if (judgement?.kept === false) return;
    const timestampMs = judgement?.timestampMs ?? eventMs;
    this.#plan.fan.row(this.#row(event, timestampMs, substream));
    if (this.#policy === undefined) return;
    this.#plan.fan.watermark({ substream, timeMs: this.#policy.watermarkMs(substream) });
  }

  /** Counts what could not even be parsed. */
  countUnreadable(count: number): void {
    this.#counts.eventsIn += count;
    this.#countConversionErrors(count);
  }

  /** Moves the watermarks on while nothing arrives. */
  passTime(nowMs: number): void {
    for (const substream of this.#policy?.passTime(nowMs) ?? []) {
      const timeMs = this.#policy?.watermarkMs(substream) ?? nowMs;
      this.#plan.fan.watermark({ substream, timeMs });
    }
  }

  end(): void {
    this.#plan.fan.end();
  }

  takeChanges(): StateChange[] {
    return this.#policy?.takeChanges() ?? [];
  }

  restore(key: string, text: string): void {
    this.#policy?.restore(key, text);
  }

  #row(event: InputEvent, timestampMs: number, substream: string): Row {
    return { timestampMs, substream, columns: event.payload, slots: NO_SLOTS, event };
  }

  #eventTime(row: Row): number | undefined {
    if (this.#plan.timestampBy === undefined) return row.timestampMs;
    const value = tryCast(this.#plan.timestampBy(row), 'datetime');
    return value instanceof SqlDateTime ? value.epochMs : undefined;
  }

  #substreamOf(row: Row): string | undefined {
    if (this.#plan.over.length === 0) return '';
    const keys = this.#plan.over.map((key) => key(row));
    return keys.includes(null) ? undefined : groupingKey(keys);
  }

  #countConversionErrors(count: number): void {
    this.#counts.conversionErrors += count;
    this.#counts.droppedEvents += count;
  }

  #count(judgement: Judgement): void {
    if (!judgement.kept) {
      this.#counts.droppedEvents += 1;
      if (judgement.reason === 'late') this.#counts.lateEvents += 1;
      if (judgement.reason === 'outOfOrder') this.#counts.outOfOrderEvents += 1;
      return;
    }
    if (judgement.isLate) this.#counts.lateEvents += 1;
    if (judgement.isOutOfOrder) this.#counts.outOfOrderEvents += 1;
  }
}
