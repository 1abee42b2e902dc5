/** store-and-forward as a real process, killed while it packs, thins, tells of losses and sends again. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.ts';
import { ModuleProcess } from '../../support/module-process.ts';
import { StubEdgeHub } from '../../support/stub-edge-hub.ts';

const LIMIT = 9_437_184;
const BATCHES = 28;
const BATCH = 1_000;
const PRODUCED = BATCHES * BATCH;
const KILLS = 3;
const BASE_MS = Date.parse('2026-06-01T00:00:00Z');

/** Readings that compress badly. */
function batch(first: number) {
  return Array.from({ length: BATCH }, (_, index) => {
    const seq = first + index;
    const time = new Date(BASE_MS + seq * 1_000).toISOString();
    const note = `${Math.sin(seq * 7)}${Math.cos(seq * 3)}${Math.tan(seq)}`;
    return { id: `Meter0${seq % 5}`, time, temp: 70 + Math.sin(seq), seq, note };
  });
}

describe('store-and-forward killed again and again', function () {
  this.timeout(130_000);
  let hub: StubEdgeHub;
  let folder: string;
  let module: ModuleProcess;
  let metrics: Server;
  let queueLength = 8;
  let looked = 0;
  let told = 0;
  const bodies = new Map<string, string>();
  const seqs = new Set<number>();

  beforeEach(async () => {
    hub = await StubEdgeHub.start();
    // Fewer than what is left at the last kill.
    hub.window = 4;
    hub.desired = { maxDiskBytes: LIMIT, maxDelaySeconds: 0, $version: 1 };
    folder = mkdtempSync(join(tmpdir(), 'killed-forward-'));
    metrics = createServer((_request, response) => {
      response.end(`edgehub_queue_length{endpoint="iothub",priority="2"} ${queueLength}\n`);
    }).listen(0, '127.0.0.1');
    await once(metrics, 'listening');
    start();
  });

  afterEach(async () => {
    await module.end('SIGKILL');
    metrics.close();
    await hub.stop();
    rmSync(folder, { recursive: true });
  });

  function start(): void {
    const { port } = metrics.address() as AddressInfo;
    module = ModuleProcess.start('store-and-forward', {
      ...hub.environment,
      STATE_FOLDER: folder,
      EDGEHUB_METRICS_URI: `http://127.0.0.1:${port}/metrics`,
    });
  }

  async function kill(): Promise<void> {
    await module.end('SIGKILL');
    start();
  }

  /** What arrived, each message id once; a repeat must be what came before. */
  function arrived() {
    for (; looked < hub.published.length; looked += 1) {
      const { messageId = '', body = '' } = hub.published[looked] ?? {};
      const known = bodies.get(messageId);
      if (known !== undefined) assert.equal(body, known);
      else count(JSON.parse(body) as ({ seq: number } | { count: number })[]);
      bodies.set(messageId, body);
    }
    return { delivered: seqs.size, told };
  }

  function count(entries: ({ seq: number } | { count: number })[]): void {
    for (const entry of entries) {
      if ('count' in entry) told += entry.count;
      else {
        assert.ok(!seqs.has(entry.seq), 'a reading was in two messages');
        seqs.add(entry.seq);
      }
    }
  }

  const folderBytes = () =>
    readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);

  it('has delivered every reading or told of it, and sends again what it kept', async () => {
    let largest = 0;
    for (let first = 0; first < PRODUCED; first += BATCH) hub.input('telemetry', batch(first));
    for (let killed = 1; killed <= KILLS; killed += 1) {
      const left = Math.floor(BATCHES * (1 - killed / (KILLS + 1)));
      await hub.unacknowledgedFallsTo(left);
      assert.ok(hub.unacknowledged > 0, 'the kill came too late');
      await kill();
      largest = Math.max(largest, folderBytes());
    }
    await eventually(() => assert.equal(hub.unacknowledged, 0), 30_000);
    assert.ok(hub.redeliveries > 0, 'nothing was in flight at the kills');

    queueLength = 0;
    const before = hub.published.length;
    await eventually(() => assert.ok(hub.published.length > before + 3), 30_000);
    await kill();
    await eventually(() => {
      const sums = arrived();
      assert.equal(sums.delivered + sums.told, PRODUCED);
    }, 30_000);
    const sums = arrived();
    assert.ok(sums.delivered > 0 && told > 1_000, JSON.stringify(sums));
    assert.ok(largest <= LIMIT, `${largest} bytes`);

    const kept = await resendKilledMidway();
    assert.ok(kept > 0);
    assert.deepEqual(arrived(), sums);
  });

  /** Resolves when methods are answered; a call that comes too early never is. */
  async function listens(): Promise<void> {
    let isAnswered = false;
    await eventually(() => {
      void hub.invoke('ping').then(() => (isAnswered = true));
      assert.ok(isAnswered, module.output);
    }, 20_000);
  }

  /** Resolves with how many messages were sent again, all of them with an id that came before. */
  async function resendKilledMidway(): Promise<number> {
    const known = new Set(hub.published.map(({ messageId }) => messageId));
    const before = hub.published.length;
    const period = { from: '2000-01-01T00:00:00Z', to: '2100-01-01T00:00:00Z' };
    await listens();
    const { status, payload } = await hub.invoke('resend', period);
    assert.equal(status, 200);
    const { messages } = payload as { messages: number };
    await eventually(() => assert.ok(hub.published.length > before + 2), 30_000);
    await kill();
    const again = () => new Set(hub.published.slice(before).map(({ messageId }) => messageId));
    await eventually(() => assert.equal(again().size, messages), 30_000);
    assert.ok([...again()].every((id) => known.has(id)));
    return messages;
  }
});
