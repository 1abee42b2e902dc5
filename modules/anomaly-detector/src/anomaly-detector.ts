/** Scores each reading of `readings`, and sends what stands out on `anomalies`. */
import type { Clock } from '../../shared/src/clock.ts';
import type { ClockWatch } from '../../shared/src/clock-watch.ts';
import type { DurableCore } from '../../shared/src/durable-core.ts';
import type { Effects } from '../../shared/src/effects.ts';
import type { InputMessage } from '../../shared/src/edge-client.ts';
import { incomingReadings, type IncomingReading } from '../../shared/src/incoming-readings.ts';
import { messageIdOf } from '../../shared/src/message-id.ts';
import type { CoreContext, ModuleDefinition } from '../../shared/src/module-definition.ts';
import type { Anomaly } from '../../shared/src/wire-contract.ts';
import { AnomalyDetectorConfig, WatchSettings } from './config.ts';
import type { FoundAnomaly, MeterWatchOptions, Watched } from './core/meter-watch.ts';
import { MeterWatches, type OptionsOf } from './meter-watches.ts';
import {
  DETECTOR_MEMORY,
  DETECTOR_SCHEMA,
  DETECTOR_TIMES,
  DETECTOR_WAITING,
  WatchStore,
} from './watch-store.ts';

export const anomalyDetector: ModuleDefinition<typeof AnomalyDetectorConfig.shape> = {
  databaseName: 'anomaly-detector.db',
  migrations: [DETECTOR_SCHEMA, DETECTOR_MEMORY, DETECTOR_WAITING, DETECTOR_TIMES],
  schema: AnomalyDetectorConfig,
  lostKind: 'anomaly',
  start: ({ database, clock, clockWatch }, config) =>
    new AnomalyDetector(new WatchStore(database), { clock, clockWatch }, config),
};

class AnomalyDetector implements DurableCore<AnomalyDetectorConfig> {
  readonly #clock: Clock;
  readonly #clockWatch: ClockWatch;
  readonly #watches: MeterWatches;
  #optionsOf: OptionsOf;
  #latestBelievedMs: number | undefined;

  constructor(
    store: WatchStore,
    { clock, clockWatch }: Pick<CoreContext, 'clock' | 'clockWatch'>,
    config: AnomalyDetectorConfig,
  ) {
    this.#clock = clock;
    this.#clockWatch = clockWatch;
    this.#optionsOf = optionsFor(config);
    this.#watches = new MeterWatches(store, clock, this.#optionsOf);
  }

  configure(config: AnomalyDetectorConfig): void {
    this.#optionsOf = optionsFor(config);
    this.#watches.configure(this.#optionsOf);
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
    for (const id of this.#watches.overdue()) {
      this.#report(id, this.#watches.use(id).releaseOverdue(nowMs), effects);
    }
    this.#watches.write();
  }

  due(): boolean {
    return this.#watches.overdue().length > 0;
  }

  #takeReading({ reading, atMs }: IncomingReading, effects: Effects): void {
    const { id, time, temp, seq } = reading;
    const nowMs = this.#clock.monotonicMs();
    const watch = this.#watches.use(id);
    watch.believe(this.#latestBelievedMs);
    this.#report(id, watch.take({ time, atMs, temp, seq }, nowMs), effects);
  }

  #report(id: string, { anomalies, repeats, late }: Watched, effects: Effects): void {
    effects.counters.repeats += repeats;
    effects.counters.late += late;
    for (const anomaly of anomalies) {
      effects.send(anomalyMessage(id, anomaly, this.#optionsOf(id)));
    }
  }
}

/** A meter's own settings over those for all. */
function optionsFor({ meters, ...common }: AnomalyDetectorConfig): OptionsOf {
  const forAll = watchOptions(common);
  return (id) => (Object.hasOwn(meters, id) ? watchOptions({ ...common, ...meters[id] }) : forAll);
}

function watchOptions(settings: object): MeterWatchOptions {
  const options = WatchSettings.parse(settings);
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
