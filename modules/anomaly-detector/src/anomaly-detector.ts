/** Scores each reading of `readings`, and sends what stands out on `anomalies`. */
import type { Clock } from '../../shared/src/clock.ts';
import type { ClockWatch } from '../../shared/src/clock-watch.ts';
import type { DurableCore, Effects } from '../../shared/src/durable-module.ts';
import type { InputMessage } from '../../shared/src/edge-client.ts';
import { incomingReadings, type IncomingReading } from '../../shared/src/incoming-readings.ts';
import { messageIdOf } from '../../shared/src/message-id.ts';
import type { CoreContext, ModuleDefinition } from '../../shared/src/run-module.ts';
import type { Anomaly } from '../../shared/src/wire-contract.ts';
import { AnomalyDetectorConfig, WatchSettings } from './config.ts';
import {
  MeterWatch,
  type FoundAnomaly,
  type MeterWatchOptions,
  type Watched,
} from './core/meter-watch.ts';
import { DETECTOR_MEMORY, DETECTOR_SCHEMA, WatchStore } from './watch-store.ts';

export const anomalyDetector: ModuleDefinition<typeof AnomalyDetectorConfig.shape> = {
  databaseName: 'anomaly-detector.db',
  migrations: [DETECTOR_SCHEMA, DETECTOR_MEMORY],
  schema: AnomalyDetectorConfig,
  start: ({ database, clock, clockWatch }, config) =>
    new AnomalyDetector(new WatchStore(database), { clock, clockWatch }, config),
};

class AnomalyDetector implements DurableCore<AnomalyDetectorConfig> {
  readonly #store: WatchStore;
  readonly #clock: Clock;
  readonly #clockWatch: ClockWatch;
  readonly #meters = new Map<string, MeterWatch>();
  readonly #touched = new Set<string>();
  #config: AnomalyDetectorConfig;
  #latestBelievedMs: number | undefined;

  constructor(
    store: WatchStore,
    { clock, clockWatch }: Pick<CoreContext, 'clock' | 'clockWatch'>,
    config: AnomalyDetectorConfig,
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#clockWatch = clockWatch;
    this.#config = config;
    for (const { id, state } of store.meters()) {
      this.#meters.set(id, new MeterWatch(optionsOf(config, id), clock.monotonicMs(), state));
    }
  }

  configure(config: AnomalyDetectorConfig): void {
    this.#config = config;
    for (const [id, watch] of this.#meters) watch.configure(optionsOf(config, id));
  }

  take(message: InputMessage, effects: Effects): void {
    const readings = incomingReadings(message, effects);
    this.#latestBelievedMs = this.#clockWatch.latestBelievedMs;
    for (const incoming of readings) {
      this.#takeReading(incoming, effects);
    }
  }

  settle(effects: Effects): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [id, watch] of this.#overdue()) {
      this.#report(id, watch.releaseOverdue(nowMs), effects);
    }
    for (const id of this.#touched) {
      const watch = this.#meters.get(id);
      if (watch !== undefined) this.#store.write(id, watch.state());
    }
    this.#touched.clear();
  }

  due(): boolean {
    return this.#overdue().length > 0;
  }

  #overdue(): [string, MeterWatch][] {
    const nowMs = this.#clock.monotonicMs();
    return [...this.#meters].filter(([, watch]) => watch.isOverdue(nowMs));
  }

  #takeReading({ reading, atMs }: IncomingReading, effects: Effects): void {
    const { id, time, temp, seq } = reading;
    const nowMs = this.#clock.monotonicMs();
    const watch = this.#watch(id, nowMs);
    watch.believe(this.#latestBelievedMs);
    this.#report(id, watch.take({ time, atMs, temp, seq }, nowMs), effects);
  }

  #report(id: string, { anomalies, repeats, late }: Watched, effects: Effects): void {
    this.#touched.add(id);
    effects.counters.repeats += repeats;
    effects.counters.late += late;
    for (const anomaly of anomalies) {
      effects.send(anomalyMessage(id, anomaly, optionsOf(this.#config, id)));
    }
  }

  #watch(id: string, monotonicMs: number): MeterWatch {
    const known = this.#meters.get(id);
    if (known !== undefined) return known;
    const watch = new MeterWatch(optionsOf(this.#config, id), monotonicMs);
    this.#meters.set(id, watch);
    return watch;
  }
}

/** A meter's own settings over those for all. */
function optionsOf({ meters, ...common }: AnomalyDetectorConfig, id: string): MeterWatchOptions {
  const own = Object.hasOwn(meters, id) ? meters[id] : {};
  const options = WatchSettings.parse({ ...common, ...own });
  return { ...options, minimumHistory: options.minimumHistory || undefined };
}

function anomalyMessage(id: string, found: FoundAnomaly, options: MeterWatchOptions) {
  const { reading, direction, score, usual } = found;
  const { time, temp, seq } = reading;
  const anomaly: Anomaly = {
    id,
    time,
    ...(seq === undefined ? {} : { seq }),
    temp,
    direction,
    score,
    confidence: options.confidence,
    historySize: options.historySize,
    usual,
    recent: found.recent.map(([at, value]) => [at, value]),
  };
  return {
    priority: 0,
    output: 'anomalies',
    messageId: messageIdOf('anomaly', id, seq ?? time),
    properties: { kind: 'anomaly' },
    body: JSON.stringify(anomaly),
  };
}
