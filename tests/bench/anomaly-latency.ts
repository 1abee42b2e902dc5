/**
 * How long a fresh anomaly takes to IoT Hub while a million readings of backlog drain.
 *
 * Real processes: edge-hub, store-and-forward, averager and detector. Run: node --import tsx tests/bench/anomaly-latency.ts
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { storeAndForward } from '../../modules/store-and-forward/src/store-and-forward.ts';
import { settled } from '../support/fake-clock.ts';
import { FakeModule } from '../support/fake-module.ts';
import { BenchGateway } from './gateway/bench-gateway.ts';
import { makeBundles } from './make-bundles.ts';
import { quantile } from './rounds.ts';

const READINGS = 1_000_000;
const BATCH = 1_000;
const METERS = 10;
const INTERVAL_MS = 10_000;
const MODULE = 'store-and-forward';
const LATENCY = { kind: 'latency', meters: 400, readingsPerSecond: 100, seconds: 8 } as const;

const say = (text: string) => process.stdout.write(`${text}\n`);

/** The database of a gateway that was offline for eleven and a half days. */
async function makeBacklog(): Promise<FakeModule<typeof storeAndForward.schema.shape>> {
  const module = new FakeModule(storeAndForward);
  module.client.fails = true;
  module.client.connect();
  const startMs = Date.now() - (READINGS / METERS) * INTERVAL_MS;
  for (let first = 0; first < READINGS; first += BATCH) {
    const readings = Array.from({ length: BATCH }, (_, index) => {
      const [meter, step] = [(first + index) % METERS, Math.floor((first + index) / METERS)];
      const time = new Date(startMs + step * INTERVAL_MS).toISOString();
      const temp = Math.round((70 + Math.sin(first + index)) * 100) / 100;
      return { id: `Backlog0${meter}`, time, temp, seq: step };
    });
    module.client.offer('telemetry', readings);
    await settled();
  }
  return module;
}

/** Readings that lie in blocks, in the database of the running module. */
function waiting(path: string): number {
  const database = new Sqlite(path, { readonly: true });
  const sum: unknown = database.prepare('SELECT SUM(readings) FROM blocks').pluck().get();
  database.close();
  return Number(sum ?? 0);
}

function peakMebibytes(pid: number): number {
  const [, kib = '0'] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1_024;
}

const bundles = mkdtempSync(join(tmpdir(), 'bundles-'));
makeBundles(bundles);
say(`making a backlog of ${READINGS.toLocaleString('en')} readings`);
const backlog = await makeBacklog();
const modules = ['averager', 'anomaly-detector'];
const gateway = await BenchGateway.start({ faithful: false, bundles, modules });
try {
  const path = join(gateway.settings.stateFolder, 'modules', MODULE, storeAndForward.databaseName);
  mkdirSync(dirname(path), { recursive: true });
  for (const suffix of ['', '-wal']) cpSync(`${backlog.databasePath}${suffix}`, `${path}${suffix}`);
  await gateway.startModule(MODULE);
  const before = waiting(path);
  const { anomalies } = await gateway.run<'latency'>(LATENCY);
  const after = waiting(path);
  const [p50, p99, most] = [0.5, 0.99, 1].map((share) => quantile(anomalies, share).toFixed(0));
  say(`${anomalies.length} anomalies while ${before - after} readings of backlog drained`);
  say(`(${after} left): p50 ${p50} ms, p99 ${p99} ms, at most ${most} ms; aim: p99 below 1,000 ms`);
  say(`store-and-forward, most memory: ${peakMebibytes(gateway.pids[MODULE] ?? 0).toFixed(0)} MiB`);
} finally {
  await gateway.stop();
  await backlog.end();
  rmSync(bundles, { recursive: true });
}
