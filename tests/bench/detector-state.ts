/** Says on stdout what a hundred thousand meters of the detector take, started from the module's own database. */
import Sqlite from 'better-sqlite3';
import { anomalyDetector } from '../../modules/anomaly-detector/src/anomaly-detector.ts';
import { AnomalyDetectorConfig } from '../../modules/anomaly-detector/src/config.ts';
import { MeterWatch } from '../../modules/anomaly-detector/src/core/meter-watch.ts';
import { WatchStore } from '../../modules/anomaly-detector/src/watch-store.ts';
import { FakeModule } from '../support/fake-module.ts';

const METERS = 100_000;
/** A meter that has learnt remembers all that it ever will. */
const READINGS = 200;
const INTERVAL_MS = 10_000;
const BASE_MS = Date.parse('2026-06-01T00:00:00Z');

const { meters: _none, ...common } = AnomalyDetectorConfig.parse({});
let memoryBytes = 0;
let bytesPerMeter = 0;
let startedMs = 0;

const module = new FakeModule(anomalyDetector);
await module.restart(() => {
  write(module.databasePath);
  startedMs = performance.now();
});
const restoreSeconds = (performance.now() - startedMs) / 1_000;
await module.end();
process.stdout.write(JSON.stringify({ bytesPerMeter, memoryBytes, restoreSeconds }));

/** Meters that have learnt, on disk. */
function write(file: string): void {
  const database = new Sqlite(file);
  const store = new WatchStore(database);
  const watch = new MeterWatch({ ...common, minimumHistory: undefined }, 0);
  for (let seq = 0; seq < READINGS; seq += 1) {
    const atMs = BASE_MS + seq * INTERVAL_MS;
    const temp = 70 + ((seq * 37) % 100) / 100;
    watch.take({ time: new Date(atMs).toISOString(), atMs, temp, seq }, 0);
  }
  const state = watch.state();
  memoryBytes = state.detector.numbers.byteLength;
  database.transaction(() => {
    for (let meter = 0; meter < METERS; meter += 1) store.write(`Meter${meter}`, state);
  })();
  const bytes = database.prepare(
    'SELECT AVG(LENGTH(id) + LENGTH(state) + LENGTH(memory)) FROM meters',
  );
  bytesPerMeter = Number(bytes.pluck().get());
  database.close();
}
