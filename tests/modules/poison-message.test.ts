/** A message that a fault of the module makes impossible to take must not hold up the others. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { z } from 'zod';
import { FailedTakes } from '../../modules/shared/src/failed-takes.ts';
import { readHealth } from '../../modules/shared/src/heartbeat.ts';
import { keepRunning, type StartModule } from '../../modules/shared/src/keep-running.ts';
import { createLogger } from '../../modules/shared/src/logger.ts';
import { startModule } from '../../modules/shared/src/run-module.ts';
import type { LedgerEntry } from '../../modules/shared/src/wire-contract.ts';
import { eventually } from '../support/eventually.ts';
import { FakeClock, settled } from '../support/fake-clock.ts';
import { FakeEdgeClient, type Delivery } from '../support/fake-edge-client.ts';
import { ModuleProcess } from '../support/module-process.ts';
import { pickyModule, type Pickiness } from '../support/picky-module.ts';
import { StubEdgeHub } from '../support/stub-edge-hub.ts';

const REASON = 'the module cannot take it';
const POISON = [1_000, 'not a number', 'nor this'];
const log = createLogger('module-01', 'silent');

/** One value of a database that a module may have open. */
function onDisk(folder: string, sql: string): unknown {
  const database = new Sqlite(join(folder, 'picky.db'), { readonly: true });
  const result: unknown = database.prepare(sql).pluck().get();
  database.close();
  return result;
}

/** A process with lives of a module in it, and an edgeHub that delivers again what was not acknowledged. */
class Lives {
  readonly folder = mkdtempSync(join(tmpdir(), 'poisoned-'));
  readonly clock = new FakeClock();
  readonly failedTakes = new FailedTakes();
  starts = 0;
  /** When the last life began, milliseconds since the first. */
  startedMs = 0;
  #waiting: { readonly body: unknown; delivery: Delivery }[] = [];
  #client = new FakeEdgeClient();
  readonly #abort = new AbortController();
  readonly #ended: Promise<void>;

  constructor(pickiness: Pickiness = {}) {
    const start: StartModule = async (failed) => {
      this.starts += 1;
      this.startedMs = this.clock.monotonicMs();
      this.#client = new FakeEdgeClient();
      const module = startModule(pickyModule(pickiness), this.#context(), failed);
      this.#client.connect();
      this.#deliver();
      return module;
    };
    this.#ended = keepRunning(start, { clock: this.clock, log }, this.#abort.signal);
  }

  get unacknowledged(): number {
    return this.#waiting.filter(({ delivery }) => !delivery.acknowledged).length;
  }

  /** What the present life sent on an output. */
  sent(output: string): LedgerEntry[][] {
    return this.#client.bodies(output) as LedgerEntry[][];
  }

  /** Delivers messages, and gives them some time. */
  async offer(bodies: readonly unknown[], ms: number): Promise<void> {
    await settled();
    const before = this.#waiting.filter(({ delivery }) => !delivery.acknowledged);
    const added = bodies.map((body) => ({ body, delivery: this.#client.offer('in', body) }));
    this.#waiting = [...before, ...added];
    await settled();
    await this.clock.advance(ms);
  }

  async end(): Promise<void> {
    this.#abort.abort();
    await this.#ended;
    rmSync(this.folder, { recursive: true });
  }

  #deliver(): void {
    for (const waiting of this.#waiting) {
      if (!waiting.delivery.acknowledged) {
        waiting.delivery = this.#client.offer('in', waiting.body);
      }
    }
  }

  #context() {
    const environment = {
      deviceId: 'gateway-01',
      moduleId: 'module-01',
      iotHubHostName: 'lab-hub.azure-devices.net',
      metrics: undefined,
      logLevel: 'silent' as const,
      stateFolder: this.folder,
      edgeHubMetricsUri: undefined,
      heartbeatFile: undefined,
    };
    const { clock, failedTakes } = this;
    return { environment, client: this.#client, clock, log, failedTakes };
  }
}

describe('a message that a module cannot take', function () {
  this.timeout(10_000);
  let lives: Lives;

  afterEach(() => lives.end());

  const counters = () =>
    JSON.parse(
      String(onDisk(lives.folder, "SELECT value FROM kept WHERE name = 'counters'")),
    ) as Record<string, number>;
  const sum = () => onDisk(lives.folder, 'SELECT sum FROM sums');

  it('is put aside when it fails again by itself, and holds up no other', async () => {
    lives = new Lives();
    await lives.offer([[1], [2], POISON, [4], [8]], 1_000);

    assert.equal(lives.unacknowledged, 0);
    assert.equal(sum(), 15);
    assert.equal(lives.starts, 3);
    assert.equal(onDisk(lives.folder, 'SELECT reason FROM quarantine'), REASON);
    assert.equal(onDisk(lives.folder, 'SELECT body FROM quarantine'), JSON.stringify(POISON));
    const { received, quarantined } = counters();
    assert.deepEqual({ received, quarantined }, { received: 3, quarantined: 3 });
  });

  it('is told in the ledger as what it would have become', async () => {
    lives = new Lives();
    await lives.offer([POISON], 11_000);

    const [entries = []] = lives.sent('ledger');
    const told = entries.map(({ lostKind, count, reason }) => ({ lostKind, count, reason }));
    assert.deepEqual(told, [{ lostKind: 'average', count: 3, reason: REASON }]);
    assert.equal(counters()['lost'], 3);
  });

  it('is told by its own kind where the ledger is kept, once', async () => {
    lives = new Lives({ keepsLedger: true });
    await lives.offer([POISON], 1_000);

    const kinds = onDisk(lives.folder, 'SELECT GROUP_CONCAT(kind || reason) FROM losses');
    assert.equal(kinds, `telemetry${REASON}`);
    assert.equal(counters()['lost'], 3);
  });

  it('leaves the database as it is, however often it comes', async () => {
    lives = new Lives();
    await lives.offer([[1]], 0);
    for (let round = 0; round < 4; round += 1) {
      await lives.offer([[...POISON, round], [1]], 3_000);
      assert.ok(!existsSync(join(lives.folder, 'picky.db.suspect')));
    }

    assert.equal(lives.unacknowledged, 0);
    assert.equal(sum(), 5);
    assert.equal(onDisk(lives.folder, "SELECT value FROM kept WHERE name = 'salvage'"), undefined);
  });

  it('costs seconds, not minutes, also when many come together', async () => {
    lives = new Lives();
    const bodies = Array.from({ length: 10 }, (_, index) => [[1], [...POISON, index]]).flat();
    await lives.offer(bodies, 60_000);

    assert.equal(lives.unacknowledged, 0);
    assert.equal(sum(), 10);
    assert.ok(lives.startedMs < 25_000, `${lives.startedMs}`);
  });

  it('is taken after all when it fails only together with another', async () => {
    lives = new Lives();
    await lives.offer(['"left"', '"right"', [1]], 1_000);

    assert.equal(lives.unacknowledged, 0);
    assert.equal(sum(), 1);
    assert.equal(lives.starts, 2);
    assert.equal(counters()['quarantined'], 0);
    await lives.offer(['"right"', '"left"'], 1_000);
    assert.equal(lives.starts, 2);
  });

  it('may also be one that the database’s rules refuse', async () => {
    lives = new Lives();
    await lives.offer(['"breach"', [1]], 1_000);

    assert.equal(lives.unacknowledged, 0);
    assert.equal(sum(), 1);
    assert.equal(counters()['quarantined'], 1);
  });
});

describe('what is not a message’s fault', function () {
  this.timeout(10_000);
  let lives: Lives;

  afterEach(() => lives.end());

  it('keeps its messages unacknowledged: a disk without room', async () => {
    let isFull = true;
    const beforeTake = () => {
      if (isFull) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    };
    lives = new Lives({ beforeTake });
    await lives.offer([[1], [2]], 10_000);
    assert.equal(lives.unacknowledged, 2);

    isFull = false;
    await lives.offer([], 60_000);
    assert.equal(lives.unacknowledged, 0);
    assert.equal(onDisk(lives.folder, 'SELECT sum FROM sums'), 3);
  });

  it('neither costs a message nor the database: a fault of settling', async () => {
    let isFaulty = true;
    const inSettle = () => {
      if (isFaulty) z.number().parse('of no row');
    };
    lives = new Lives({ inSettle });
    await lives.offer([[1]], 120_000);
    assert.ok(lives.starts > 4);
    assert.ok(!existsSync(join(lives.folder, 'picky.db.suspect')));

    isFaulty = false;
    await lives.offer([], 60_000);
    assert.equal(lives.unacknowledged, 0);
    assert.equal(onDisk(lives.folder, 'SELECT sum FROM sums'), 1);
  });
});

describe('the memory of failed takes', () => {
  const message = (body: string) => ({
    input: 'in',
    body,
    messageId: undefined,
    properties: {},
    acknowledge: () => {},
  });

  it('keeps the latest hundred', () => {
    const failedTakes = new FailedTakes();
    for (let body = 100; body <= 200; body += 1) failedTakes.note(message(`${body}`), true);

    assert.ok(!failedTakes.isSuspect(message('100')));
    assert.ok(failedTakes.isSuspect(message('101')));
    assert.ok(failedTakes.isSuspect(message('200')));
  });
});

describe('a process whose module cannot take a message', function () {
  this.timeout(30_000);

  it('puts it aside and takes the others, with the real SDK', async () => {
    const hub = await StubEdgeHub.start();
    const folder = mkdtempSync(join(tmpdir(), 'poisoned-process-'));
    for (const body of [[1], POISON, [2]]) hub.input('in', body);
    const command = [process.execPath, '--import', 'tsx', 'tests/support/picky-module-main.ts'];
    const HEARTBEAT_FILE = join(folder, 'heartbeat');
    const environment = { ...hub.environment, STATE_FOLDER: folder, HEARTBEAT_FILE };
    const module = ModuleProcess.run(command, { folder: process.cwd(), environment });
    try {
      await eventually(() => assert.equal(hub.unacknowledged, 0, module.output), 20_000);
      assert.equal(readHealth(HEARTBEAT_FILE).state, 'healthy');
      assert.equal(await module.end('SIGTERM'), 0);
      // It opened the database in each of its lives, for which it may take as long as it likes.
      assert.equal(module.output.match(/"state":"starting"/g)?.length, 3);
      assert.equal(onDisk(folder, 'SELECT sum FROM sums'), 3);
      assert.equal(onDisk(folder, 'SELECT reason FROM quarantine'), REASON);
    } finally {
      await module.end('SIGKILL');
      await hub.stop();
      rmSync(folder, { recursive: true });
    }
  });
});
