/** Averages `readings` into one mean per meter and window on `averages`. */
import type { Clock } from '../../shared/src/clock.ts';
import type { DurableCore, Effects } from '../../shared/src/durable-module.ts';
import type { InputMessage } from '../../shared/src/edge-client.ts';
import { trustedNowMs, isAhead } from '../../shared/src/event-time.ts';
import { incomingReadings, type IncomingReading } from '../../shared/src/incoming-readings.ts';
import { messageIdOf } from '../../shared/src/message-id.ts';
import type { ModuleDefinition } from '../../shared/src/run-module.ts';
import type { Average } from '../../shared/src/wire-contract.ts';
import { AveragerConfig } from './config.ts';
import {
  HORIZON_MS,
  TumblingAverages,
  type AveragesConfig,
  type IssuedAverage,
  type Moment,
} from './core/tumbling-averages.ts';
import { AVERAGER_SCHEMA, WindowStore } from './window-store.ts';

export const averager: ModuleDefinition<typeof AveragerConfig.shape> = {
  databaseName: 'averager.db',
  migrations: [AVERAGER_SCHEMA],
  schema: AveragerConfig,
  start: ({ database, clock }, config) => new Averager(new WindowStore(database), clock, config),
};

/** The input is idle when nothing has come for this long. */
const IDLE_MS = 1_000;
const LOOK_MS = 200;

class Averager implements DurableCore<AveragerConfig> {
  readonly #store: WindowStore;
  readonly #clock: Clock;
  readonly #averages: TumblingAverages;
  #silenceMs: number;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #lastInputMs: number;
  /** Event time of the reading that came last: when it is of now, nothing waits behind it. */
  #lastReadingMs = 0;

  constructor(store: WindowStore, clock: Clock, config: AveragerConfig) {
    this.#store = store;
    this.#clock = clock;
    this.#silenceMs = config.silenceSeconds * 1_000;
    this.#averages = new TumblingAverages(averagesConfig(config), (id, endMs) =>
      store.load(id, endMs),
    );
    const nowMs = clock.monotonicMs();
    this.#lastInputMs = nowMs;
    for (const { id, latestMs } of store.meters()) this.#averages.restoreMeter(id, latestMs, nowMs);
    for (const window of store.changedWindows()) this.#averages.restoreWindow(window, nowMs);
  }

  configure(config: AveragerConfig): void {
    this.#silenceMs = config.silenceSeconds * 1_000;
    this.#averages.configure(averagesConfig(config));
  }

  take(message: InputMessage, effects: Effects): void {
    this.#lastInputMs = this.#clock.monotonicMs();
    for (const incoming of incomingReadings(message, effects)) {
      this.#takeReading(message, incoming, effects);
    }
  }

  settle(effects: Effects): void {
    const issued = [...this.#averages.issueByWatermark(), ...this.#issueByTime()];
    for (const average of issued) effects.send(averageMessage(average));
    const { windows, meters } = this.#averages.takeChanges();
    for (const window of windows) this.#store.writeWindow(window);
    for (const { id, latestMs } of meters) this.#store.writeMeter(id, latestMs);
    // The meter's latest reading is after the window's start, so what goes is refused from now on.
    for (const { id, windowStartMs } of issued) this.#store.forget(id, windowStartMs - HORIZON_MS);
  }

  due(): boolean {
    return this.#averages.due(this.#moment());
  }

  /** Looks at every meter, so not at every commit. */
  #issueByTime(): IssuedAverage[] {
    const moment = this.#moment();
    if (moment.monotonicMs - this.#lookedMs < LOOK_MS) return [];
    this.#lookedMs = moment.monotonicMs;
    return this.#averages.issueByTime(moment);
  }

  #takeReading(message: InputMessage, { reading, atMs }: IncomingReading, effects: Effects): void {
    const { counters } = effects;
    if (isAhead(atMs, this.#clock)) {
      effects.quarantine(
        message,
        'its time is ahead of the gateway’s clock',
        JSON.stringify(reading),
      );
      return;
    }
    this.#lastReadingMs = atMs;
    const { id, temp, seq } = reading;
    const taken = this.#averages.take({ id, atMs, temp, seq }, this.#lastInputMs);
    if (taken === 'repeat') counters.repeats += 1;
    if (taken === 'late') counters.late += 1;
    if (taken === 'forgotten') {
      effects.quarantine(message, 'its window is no longer kept', JSON.stringify(reading));
    }
  }

  #moment(): Moment {
    const monotonicMs = this.#clock.monotonicMs();
    const wallMs = trustedNowMs(this.#clock);
    const isLive = wallMs !== undefined && wallMs - this.#lastReadingMs < this.#silenceMs;
    const inputIdle = isLive || monotonicMs - this.#lastInputMs >= IDLE_MS;
    return { monotonicMs, wallMs, inputIdle };
  }
}

function averagesConfig(config: AveragerConfig): AveragesConfig {
  return {
    windowMs: config.windowSeconds * 1_000,
    latenessMs: config.latenessSeconds * 1_000,
    silenceMs: config.silenceSeconds * 1_000,
  };
}

function averageMessage({ windowStartMs, windowEndMs, ...result }: IssuedAverage) {
  const windowEnd = isoSeconds(windowEndMs);
  const average: Average = { ...result, windowStart: isoSeconds(windowStartMs), windowEnd };
  return {
    priority: 0,
    output: 'averages',
    messageId: messageIdOf('average', result.id, windowEnd, `r${result.revision}`),
    properties: { kind: 'average' },
    body: JSON.stringify(average),
  };
}

/** Windows begin and end at whole seconds. */
function isoSeconds(atMs: number): string {
  return new Date(atMs).toISOString().replace('.000Z', 'Z');
}
