/** Averages `readings` into one mean per meter and window on `averages`. */
import { z } from 'zod';
import type { Clock } from '../../shared/src/clock.ts';
import type { ClockWatch } from '../../shared/src/clock-watch.ts';
import type { DurableCore } from '../../shared/src/durable-core.ts';
import type { Effects } from '../../shared/src/effects.ts';
import type { InputMessage } from '../../shared/src/edge-client.ts';
import { incomingReadings, type IncomingReading } from '../../shared/src/incoming-readings.ts';
import { KeptValues } from '../../shared/src/kept-values.ts';
import { messageIdOf } from '../../shared/src/message-id.ts';
import type { CoreContext, ModuleDefinition } from '../../shared/src/run-module.ts';
import type { Average } from '../../shared/src/wire-contract.ts';
import { AveragerConfig } from './config.ts';
import { horizonOf, type Horizon } from './core/horizon.ts';
import {
  TumblingAverages,
  type AveragesConfig,
  type IssuedAverage,
  type Moment,
} from './core/tumbling-averages.ts';
import { HorizonReport, horizonFigures } from './horizon-report.ts';
import { WindowHistory, type HistoryLimits } from './window-history.ts';
import {
  AVERAGER_SCHEMA,
  CHANGED_BY_METER,
  windowRow,
  WINDOWS_BY_END,
  WindowStore,
} from './window-store.ts';

export const averager: ModuleDefinition<typeof AveragerConfig.shape> = {
  databaseName: 'averager.db',
  migrations: [AVERAGER_SCHEMA, WINDOWS_BY_END, CHANGED_BY_METER],
  schema: AveragerConfig,
  lostKind: 'average',
  lostRows: { windows: 'average' },
  start: (context, config) => new Averager(context, config),
};

/** The input is idle when nothing has come for this long. */
const IDLE_MS = 1_000;
const LOOK_MS = 200;
/** From so many at once on, averages share messages of up to so many. */
const MANY_AVERAGES = 100;
const MOST_SHARED = 200;
/** An average in the outbox, without its meter's id which is in it three times. */
const AVERAGE_BYTES = 500;

/** What the averager counts besides what all modules count, and what it must not forget. */
const Kept = z.object({
  /** Readings whose window was no longer kept. */
  beyondHorizon: z.int().default(0),
  forgottenUpToMs: z.number().optional(),
});
const KEPT_NAME = 'averager';

class Averager implements DurableCore<AveragerConfig> {
  readonly #store: WindowStore;
  readonly #history: WindowHistory;
  readonly #report: HorizonReport;
  readonly #kept: KeptValues;
  readonly #clock: Clock;
  readonly #clockWatch: ClockWatch;
  readonly #averages: TumblingAverages;
  #config: AveragerConfig;
  #beyondHorizon: number;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #lastInputMs: number;
  /** Event time of the reading that came last: when it is of now, nothing waits behind it. */
  #lastReadingMs = 0;

  constructor(context: CoreContext, config: AveragerConfig) {
    const { database, clock, clockWatch } = context;
    this.#config = config;
    this.#clock = clock;
    this.#clockWatch = clockWatch;
    this.#store = new WindowStore(database);
    this.#history = new WindowHistory(database, this.#store, historyLimits(config));
    this.#report = new HorizonReport(context);
    this.#kept = new KeptValues(database);
    const { beyondHorizon, forgottenUpToMs } = Kept.parse(this.#kept.read(KEPT_NAME) ?? {});
    this.#beyondHorizon = beyondHorizon;
    const known = { forgottenUpToMs, latestMs: this.#store.latestMs() };
    this.#averages = new TumblingAverages(averagesConfig(config), this.#store, known);
    const nowMs = clock.monotonicMs();
    this.#lastInputMs = nowMs;
    for (const id of this.#store.changedMeters()) this.#averages.resume(id, nowMs);
  }

  configure(config: AveragerConfig): void {
    this.#config = config;
    this.#averages.configure(averagesConfig(config));
    this.#history.configure(historyLimits(config));
    this.#keep();
  }

  take(message: InputMessage, effects: Effects): void {
    this.#lastInputMs = this.#clock.monotonicMs();
    const readings = incomingReadings(message, effects);
    this.#averages.latestAllowedMs = this.#clockWatch.latestBelievedMs;
    for (const incoming of readings) {
      this.#takeReading(message, incoming, effects);
    }
  }

  settle(effects: Effects): void {
    const issued = [...this.#averages.issueByWatermark(), ...this.#issueByTime()];
    const { windows, meters } = this.#averages.takeChanges();
    const rows = windows.map(windowRow);
    this.#makeRoom([
      ...rows.map(({ id, state }) => id.length + state.length),
      ...issued.map(({ id }) => 3 * id.length + AVERAGE_BYTES),
    ]);
    for (const averages of shared(issued)) effects.send(averagesMessage(averages));
    for (const row of rows) this.#store.writeWindow(row);
    for (const meter of meters) this.#store.writeMeter(meter);
    this.#averages.rest();
    this.#history.expire(issued.length, this.#averages.latestMs);
    this.#report.look(this.#horizon(), this.#clock.monotonicMs());
  }

  due(): boolean {
    return this.#averages.due(this.#moment()) || this.#history.isOverLimit;
  }

  status(): Readonly<Record<string, unknown>> {
    const { forgottenUpToMs } = this.#averages;
    return {
      beyondHorizon: this.#beyondHorizon,
      revisionHorizon: horizonFigures(this.#horizon()),
      forgottenUpTo: Number.isFinite(forgottenUpToMs) ? isoSeconds(forgottenUpToMs) : null,
      databaseBytes: this.#history.diskBytes,
    };
  }

  #makeRoom(bytes: readonly number[]): void {
    const forgotten = this.#history.makeRoom(bytes.reduce((sum, one) => sum + one, 0));
    if (forgotten === undefined) return;
    this.#averages.forgetUpTo(forgotten);
    this.#keep();
  }

  #keep(): void {
    const { forgottenUpToMs } = this.#averages;
    this.#kept.write(KEPT_NAME, {
      beyondHorizon: this.#beyondHorizon,
      ...(Number.isFinite(forgottenUpToMs) ? { forgottenUpToMs } : {}),
    });
  }

  /** A meter whose clock is ahead says nothing of how far back the others' windows are kept. */
  #horizon(): Horizon {
    const { latestMs, forgottenUpToMs } = this.#averages;
    const nowMs = this.#clockWatch.trustedNowMs ?? latestMs;
    const reached = { latestMs: Math.min(latestMs, nowMs), forgottenUpToMs };
    return horizonOf(historyLimits(this.#config).horizonMs, reached);
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
    this.#lastReadingMs = atMs;
    const { id, temp, seq } = reading;
    const taken = this.#averages.take({ id, atMs, temp, seq }, this.#lastInputMs);
    if (taken === 'repeat') counters.repeats += 1;
    if (taken === 'late') counters.late += 1;
    if (taken === 'forgotten') {
      this.#beyondHorizon += 1;
      this.#keep();
      const reason = 'its window is no longer kept';
      effects.quarantine(message, reason, JSON.stringify(reading));
      effects.lost({ lostKind: 'average', id, fromMs: atMs, toMs: atMs, count: 1, reason });
    }
  }

  #moment(): Moment {
    const monotonicMs = this.#clock.monotonicMs();
    const wallMs = this.#clockWatch.trustedNowMs;
    const isLive =
      wallMs !== undefined &&
      Math.abs(wallMs - this.#lastReadingMs) < this.#config.silenceSeconds * 1_000;
    const inputIdle = isLive || monotonicMs - this.#lastInputMs >= IDLE_MS;
    return { monotonicMs, wallMs, inputIdle };
  }
}

function averagesConfig(config: AveragerConfig): AveragesConfig {
  return {
    windowMs: config.windowSeconds * 1_000,
    latenessMs: config.latenessSeconds * 1_000,
    silenceMs: config.silenceSeconds * 1_000,
    horizonMs: historyLimits(config).horizonMs,
  };
}

function historyLimits({ revisionHorizonDays, maxDiskBytes }: AveragerConfig): HistoryLimits {
  return { horizonMs: revisionHorizonDays * 86_400_000, maxDiskBytes };
}

/** Averages by message: each its own, unless there are very many at once. */
function shared(issued: readonly IssuedAverage[]): (readonly IssuedAverage[])[] {
  if (issued.length < MANY_AVERAGES) return issued.map((average) => [average]);
  const messages: (readonly IssuedAverage[])[] = [];
  for (let start = 0; start < issued.length; start += MOST_SHARED) {
    messages.push(issued.slice(start, start + MOST_SHARED));
  }
  return messages;
}

/** The first average, which is issued once, names the message. */
function averagesMessage(issued: readonly IssuedAverage[]) {
  const [first] = issued;
  if (first === undefined) throw new Error('a message without averages');
  const { id, windowEndMs, revision } = first;
  const others = issued.length === 1 ? '' : `+${issued.length - 1}`;
  const averages = issued.map(averageOf);
  return {
    priority: 0,
    output: 'averages',
    messageId: messageIdOf('average', id, isoSeconds(windowEndMs), `r${revision}${others}`),
    properties: { kind: 'average' },
    body: JSON.stringify(issued.length === 1 ? averages[0] : averages),
  };
}

function averageOf({ windowStartMs, windowEndMs, ...result }: IssuedAverage): Average {
  return {
    ...result,
    windowStart: isoSeconds(windowStartMs),
    windowEnd: isoSeconds(windowEndMs),
  };
}

/** Windows begin and end at whole seconds. */
function isoSeconds(atMs: number): string {
  return new Date(atMs).toISOString().replace('.000Z', 'Z');
}
