/** Averages `readings` into one mean per meter and window on `averages`. */
import { z } from 'zod';
import type { Clock } from '../../shared/src/clock.ts';
import type { ClockWatch } from '../../shared/src/clock-watch.ts';
import type { DurableCore } from '../../shared/src/durable-core.ts';
import type { Effects } from '../../shared/src/effects.ts';
import type { InputMessage } from '../../shared/src/edge-client.ts';
import { incomingReadings, type IncomingReading } from '../../shared/src/incoming-readings.ts';
import { KeptValues } from '../../shared/src/kept-values.ts';
import type { Outbox } from '../../shared/src/outbox.ts';
import type { CoreContext, ModuleDefinition } from '../../shared/src/module-definition.ts';
import { stored } from '../../shared/src/stored.ts';
import { averageMessages, isoSeconds } from './average-messages.ts';
import { AveragerConfig } from './config.ts';
import { horizonOf, type Horizon } from './core/horizon.ts';
import type { AveragesOnDisk } from './core/meters-on-disk.ts';
import type { AveragesConfig, IssuedAverage, Moment } from './core/averages.ts';
import { TumblingAverages } from './core/tumbling-averages.ts';
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
/** After so many messages of averages between two looks, the next wait for each other. */
const MOST_ISSUES = 8;
/** Share of the limit in bytes that averages may take which edgeHub has not acknowledged. */
const OUTBOX_SHARE = 1 / 8;
/** And share of it that one commit may send in averages. */
const ISSUE_SHARE = 1 / 32;
const LEAST_ISSUED = 500;
/** An average in the outbox, without its meter's id which is in it three times. */
const AVERAGE_BYTES = 500;

/** What the averager counts besides what all modules count, and what it must not forget. */
const Kept = z.object({
  /** Readings whose window was no longer kept. */
  beyondHorizon: z.int().default(0),
  /** Readings for which there was no room. */
  withoutRoom: z.int().default(0),
  forgottenUpToMs: z.number().optional(),
  /** Window lengths of the past, the oldest first. */
  pastLengths: z.array(z.object({ untilMs: z.number(), windowMs: z.number() })).optional(),
});
const KEPT_NAME = 'averager';
const NOT_AVERAGED = {
  forgotten: 'its window is no longer kept',
  full: 'no room for its window',
};

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
  #withoutRoom: number;
  #isToKeep = false;
  #outbox: Pick<Outbox, 'bytes'> = { bytes: 0 };
  #lookedMs = Number.NEGATIVE_INFINITY;
  /** Commits since the last look that issued averages. */
  #issues = 0;
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
    const kept = stored(Kept, this.#kept.read(KEPT_NAME) ?? {});
    this.#beyondHorizon = kept.beyondHorizon;
    this.#withoutRoom = kept.withoutRoom;
    const { forgottenUpToMs, pastLengths } = kept;
    const known = { forgottenUpToMs, pastLengths, latestMs: this.#store.latestMs() };
    const disk: AveragesOnDisk = {
      window: (id, endMs) => this.#store.window(id, endMs),
      meter: (id) => this.#store.meter(id),
      hasRoom: (_id, bytes) => this.#history.hasRoom(bytes),
    };
    this.#averages = new TumblingAverages(averagesConfig(config), disk, known);
    const nowMs = clock.monotonicMs();
    this.#lastInputMs = nowMs;
    for (const id of this.#store.changedMeters()) this.#averages.resume(id, nowMs);
  }

  configure(config: AveragerConfig): void {
    this.#config = config;
    this.#averages.latestAllowedMs = this.#clockWatch.latestBelievedMs;
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
    this.#outbox = effects.outbox;
    const issued = this.#issue();
    const { windows, meters } = this.#averages.takeChanges();
    const rows = windows.map(windowRow);
    this.#makeRoom([
      ...rows.map(({ id, state }) => id.length + state.length),
      ...issued.map(({ id }) => 3 * id.length + AVERAGE_BYTES),
    ]);
    for (const message of averageMessages(issued)) effects.send(message);
    for (const row of rows) this.#store.writeWindow(row);
    for (const meter of meters) this.#store.writeMeter(meter);
    this.#averages.rest();
    if (this.#isToKeep) this.#keep();
    this.#history.expire(issued.length, this.#averages.latestMs);
    this.#report.look(this.#horizon(), this.#clock.monotonicMs());
  }

  due(): boolean {
    if (this.#averages.isIssueWaiting) return true;
    const isDue = !this.#holdsBack() && this.#averages.due(this.#moment());
    return isDue || this.#history.isOverLimit;
  }

  status(): Readonly<Record<string, unknown>> {
    const { forgottenUpToMs } = this.#averages;
    return {
      beyondHorizon: this.#beyondHorizon,
      withoutRoom: this.#withoutRoom,
      revisionHorizon: horizonFigures(this.#horizon()),
      forgottenUpTo: Number.isFinite(forgottenUpToMs) ? isoSeconds(forgottenUpToMs) : null,
      databaseBytes: this.#history.diskBytes,
    };
  }

  #makeRoom(bytes: readonly number[]): void {
    const forgotten = this.#history.makeRoom(bytes.reduce((sum, one) => sum + one, 0));
    if (forgotten === undefined) return;
    this.#averages.forgetUpTo(forgotten);
    this.#isToKeep = true;
  }

  #keep(): void {
    this.#isToKeep = false;
    const { forgottenUpToMs, lengths } = this.#averages;
    this.#kept.write(KEPT_NAME, {
      beyondHorizon: this.#beyondHorizon,
      withoutRoom: this.#withoutRoom,
      pastLengths: lengths.past,
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

  /** While edgeHub is slow to acknowledge, windows stay open. */
  #holdsBack(): boolean {
    return this.#outbox.bytes > this.#config.maxDiskBytes * OUTBOX_SHARE;
  }

  #issue(): IssuedAverage[] {
    const moment = this.#moment();
    const isLookDue = moment.monotonicMs - this.#lookedMs >= LOOK_MS;
    if (!isLookDue && this.#issues >= MOST_ISSUES) {
      this.#averages.postponeIssue();
      return [];
    }
    const most = Math.ceil((this.#config.maxDiskBytes * ISSUE_SHARE) / AVERAGE_BYTES);
    const limit = this.#holdsBack() ? 0 : Math.max(most, LEAST_ISSUED);
    const issued = this.#averages.issueByWatermark(limit);
    if (issued.length > 0) this.#issues += 1;
    if (!isLookDue) return issued;
    // That looks at every meter, so not at every commit.
    this.#lookedMs = moment.monotonicMs;
    this.#issues = 0;
    return [...issued, ...this.#averages.issueByTime(moment, limit - issued.length)];
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
      effects.quarantine(message, NOT_AVERAGED.forgotten, JSON.stringify(reading));
    }
    if (taken === 'full') this.#withoutRoom += 1;
    if (taken !== 'forgotten' && taken !== 'full') return;
    this.#isToKeep = true;
    const reason = NOT_AVERAGED[taken];
    effects.lost({ lostKind: 'average', id, fromMs: atMs, toMs: atMs, count: 1, reason });
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
