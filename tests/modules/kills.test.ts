/** Each durable module as a real process, killed in the middle of its input. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Anomaly, Average, Reading } from '../../modules/shared/src/wire-contract.ts';
import { readVirtualJournal } from '../../simulator/proof/oracle/measured.ts';
import { eventually } from '../support/eventually.ts';
import { ModuleProcess } from '../support/module-process.ts';
import { StubEdgeHub, type Published } from '../support/stub-edge-hub.ts';

const MESSAGES = 3_000;
const BASE_MS = Date.parse('2026-06-01T11:00:00Z');
const SPIKES = new Set([700, 1_500, 2_300]);

const readings: Reading[] = Array.from({ length: MESSAGES }, (_, seq) => ({
  id: `Meter0${1 + (seq % 2)}`,
  time: new Date(BASE_MS + Math.floor(seq / 2) * 10_000).toISOString(),
  temp: SPIKES.has(seq) ? 95 : 70 + (Math.floor(seq / 2) % 5) / 10,
  seq: Math.floor(seq / 2),
}));

describe('a module that is killed in the middle of its input', function () {
  this.timeout(30_000);
  let hub: StubEdgeHub;
  let folder: string;
  let module: ModuleProcess;

  beforeEach(async () => {
    hub = await StubEdgeHub.start();
    folder = mkdtempSync(join(tmpdir(), 'killed-module-'));
  });

  afterEach(async () => {
    await module.end('SIGKILL');
    await hub.stop();
    rmSync(folder, { recursive: true });
  });

  const start = (name: string) => {
    module = ModuleProcess.start(name, { ...hub.environment, STATE_FOLDER: folder });
  };

  /** Kills it with a part of the input acknowledged, starts it again, and waits for the rest. */
  async function killMidway(name: string, input: string): Promise<void> {
    for (const reading of readings) hub.input(input, reading);
    start(name);
    await hub.unacknowledgedFallsTo(MESSAGES - 200);
    await module.end('SIGKILL');
    assert.ok(hub.unacknowledged > 0, 'the kill came too late');
    start(name);
    await eventually(() => assert.equal(hub.unacknowledged, 0), 15_000);
    assert.ok(hub.redeliveries > 0, 'nothing was in flight at the kill');
  }

  /** One of each message id; two of the same id must be the same message. */
  function distinct(): Published[] {
    const byId = new Map<string, Published>();
    for (const published of hub.published) {
      const known = byId.get(published.messageId);
      if (known !== undefined) assert.deepEqual(published, known);
      byId.set(published.messageId, published);
    }
    return [...byId.values()];
  }

  it('averages every reading exactly once', async () => {
    hub.desired = { silenceSeconds: 1, $version: 1 };
    await killMidway('averager', 'readings');
    const expected = MESSAGES;
    const last = new Map<string, Average>();
    await eventually(() => {
      for (const { body } of distinct()) {
        const averages = [JSON.parse(body) as Average | Average[]].flat();
        for (const average of averages) last.set(`${average.id} ${average.windowEnd}`, average);
      }
      const counted = [...last.values()].reduce((sum, { count }) => sum + count, 0);
      assert.equal(counted, expected);
    });

    for (const { id, windowStart, windowEnd, average } of last.values()) {
      const temps = readings
        .filter((reading) => reading.id === id)
        .filter(({ time }) => Date.parse(time) > Date.parse(windowStart))
        .filter(({ time }) => Date.parse(time) <= Date.parse(windowEnd))
        .map(({ temp }) => temp);
      const mean = temps.reduce((sum, temp) => sum + temp, 0) / temps.length;
      assert.ok(Math.abs(average - mean) < 1e-9);
    }
  });

  it('finds every anomaly once and no others', async () => {
    await killMidway('anomaly-detector', 'readings');
    const expected = [...SPIKES].map((seq) => `anomaly/Meter0${1 + (seq % 2)}/${seq / 2}`);
    await eventually(() =>
      assert.deepEqual(
        distinct().map(({ messageId }) => messageId),
        expected,
      ),
    );
    for (const { body } of distinct()) {
      assert.ok(Math.abs((JSON.parse(body) as Anomaly).usual - 70.2) < 0.01);
    }
  });

  it('forwards every reading once, with repeats under the same message id', async () => {
    // Large messages, because without edgeHub's metrics only one leaves each second.
    hub.desired = { maxMessageBytes: 258_048, maxDelaySeconds: 1, $version: 1 };
    await killMidway('store-and-forward', 'telemetry');
    await eventually(() => {
      const forwarded = distinct().flatMap(({ body }) => JSON.parse(body) as Reading[]);
      assert.equal(forwarded.length, MESSAGES);
      assert.deepEqual(forwarded.toSorted(byIdAndSeq), readings.toSorted(byIdAndSeq));
    });
  });

  it('has every reading it sent in its journal, and goes on with the next', async () => {
    hub.desired = { virtualMeters: 20, intervalSeconds: 0.25, $version: 1 };
    start('meter-simulator');
    await eventually(() => assert.ok(hub.published.length > 1, module.output));
    await module.end('SIGKILL');
    const before = hub.published.length;
    start('meter-simulator');
    await eventually(() => assert.ok(hub.published.length > before + 2, module.output));
    await module.end('SIGTERM');

    const sent = distinct().flatMap(({ body }) => JSON.parse(body) as Reading[]);
    const journal = readVirtualJournal(join(folder, 'journal.db'));
    const known = new Set(
      journal.flatMap(({ id, readings: all }) =>
        all.map(({ seq, time, temp }) => JSON.stringify({ id, time, temp, seq })),
      ),
    );
    assert.ok(sent.length > 0);
    assert.ok(sent.every((reading) => known.has(JSON.stringify(reading))));
    assert.equal(new Set(sent.map(({ id, seq }) => `${id} ${seq}`)).size, sent.length);
  });

  it('started twice on one state folder stops with a clear error', async () => {
    start('averager');
    await eventually(() => assert.ok(hub.isConnected));
    const second = ModuleProcess.start('averager', { ...hub.environment, STATE_FOLDER: folder });

    assert.equal(await second.exitCode(), 1);
    assert.match(second.output, /averager\.db is in use by another process/);
  });

  it('stops with a clear error when it cannot serve its metrics where it is told to', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const environment = { ...hub.environment, STATE_FOLDER: folder, METRICS_PORT: `${port}` };
    module = ModuleProcess.start('averager', environment);

    assert.equal(await module.exitCode(), 1);
    assert.match(module.output, /METRICS_PORT are not usable \(.*EADDRINUSE/);
    other.close();
  });

  it('ends in order on SIGTERM and shows no secret in its log', async () => {
    start('averager');
    await eventually(() => assert.ok(hub.isConnected));

    assert.equal(await module.end('SIGTERM'), 0);
    assert.match(module.output, /stopped/);
    assert.doesNotMatch(module.output, /SharedAccess|c2VjcmV0|sig=/);
  });
});

function byIdAndSeq(a: Reading, b: Reading): number {
  return a.id === b.id ? (a.seq ?? 0) - (b.seq ?? 0) : a.id < b.id ? -1 : 1;
}
