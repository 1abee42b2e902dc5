import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase, type OpenDatabase } from '../../../modules/shared/src/database.ts';
import { DURABLE_SCHEMA } from '../../../modules/shared/src/durable-schema.ts';
import { Outbox } from '../../../modules/shared/src/outbox.ts';
import type { LedgerEntry } from '../../../modules/shared/src/wire-contract.ts';
import { BLOCK_SCHEMA, BlockStore } from '../../../modules/store-and-forward/src/block-store.ts';
import { DeliveredStore } from '../../../modules/store-and-forward/src/delivered-store.ts';
import { DELIVERED_SCHEMA } from '../../../modules/store-and-forward/src/delivered-tables.ts';
import { DiskSpace } from '../../../modules/store-and-forward/src/disk-space.ts';
import { LOSS_SCHEMA, LossLedger } from '../../../modules/shared/src/loss-ledger.ts';
import { RoomMaker } from '../../../modules/store-and-forward/src/room-maker.ts';

const TIME = '2026-06-01T11:00:00Z';
const AVERAGE = {
  id: 'Meter01',
  windowStart: '2026-06-01T10:55:00Z',
  windowEnd: TIME,
  average: 70,
  minimum: 69,
  maximum: 71,
  count: 30,
  revision: 0,
};
const ANOMALY = {
  id: 'Meter01',
  time: TIME,
  temp: 90,
  direction: 'spike',
  score: 1e-8,
  confidence: 99.99,
  historySize: 120,
  usual: 70,
  recent: [],
};
const RESULTS = 400;

describe('making room', () => {
  let folder: string;
  let open: OpenDatabase;
  let outbox: Outbox;
  let blocks: BlockStore;
  let losses: LossLedger;
  let delivered: DeliveredStore;
  let maker: RoomMaker;
  let space: DiskSpace;
  let nowMs: number;
  /** How long each step takes. */
  let stepMs: number;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'room-'));
    open = openDatabase(join(folder, 'a.db'), [
      DURABLE_SCHEMA,
      BLOCK_SCHEMA + LOSS_SCHEMA + DELIVERED_SCHEMA,
    ]);
    // Each step is a commit here, and nobody pulls the plug.
    open.database.pragma('synchronous = OFF');
    outbox = new Outbox(open.database);
    blocks = new BlockStore(open.database, () => assert.fail('no block is damaged'));
    losses = new LossLedger(open.database);
    delivered = new DeliveredStore(open.database, () => assert.fail('no block is damaged'));
    space = new DiskSpace(open.database);
    nowMs = 0;
    stepMs = 0;
    const clock = { monotonicMs: () => (nowMs += stepMs) };
    maker = new RoomMaker({ space, blocks, losses, delivered, clock });
    open.database.transaction(fill)();
  });

  afterEach(() => {
    open.close();
    rmSync(folder, { recursive: true });
  });

  function fill(): void {
    for (let block = 0; block < 40; block += 1) {
      const texts = Array.from({ length: 30 }, (_, index) => reading(block * 30 + index));
      blocks.add({
        firstNumber: block * 30,
        readings: 30,
        isThinned: false,
        storedMs: block,
        texts,
      });
    }
    for (let index = 0; index < RESULTS; index += 1) {
      append(1, 'average', index, AVERAGE);
      append(0, 'anomaly', index, ANOMALY);
    }
  }

  function append(priority: number, kind: string, index: number, body: object): void {
    const messageId = `${kind}/${index}`;
    const text = JSON.stringify(body);
    const properties = { kind };
    outbox.append({ priority, output: 'upstream', messageId, properties, body: text }, index);
  }

  const reading = (seq: number) =>
    JSON.stringify({
      id: 'Meter01',
      time: new Date(Date.parse(TIME) + seq * 10_000).toISOString(),
      temp: Math.sin(seq),
      seq,
    });
  const held = () => ({
    readings: blocks.oldestOf('readings', 100).length > 0,
    thinned: blocks.oldestOf('thinned', 100).length > 0,
    averages: outbox.countOf(1),
    anomalies: outbox.countOf(0),
  });
  const told = (entries: readonly LedgerEntry[], kind: string) =>
    entries.filter(({ lostKind }) => lostKind === kind).reduce((sum, { count }) => sum + count, 0);

  it('goes from readings to averages of them, to averages, to anomalies', () => {
    const stages: ReturnType<typeof held>[] = [];
    for (let step = 0; step < 300; step += 1) {
      maker.makeRoom(space.usedBytes - 1, outbox);
      stages.push(held());
    }

    const first = (happened: (stage: ReturnType<typeof held>) => boolean) =>
      stages.findIndex(happened);
    const order = [
      first(({ thinned }) => thinned),
      first(({ readings }) => !readings),
      first(({ averages }) => averages < RESULTS),
      first(({ anomalies }) => anomalies < RESULTS),
    ];
    assert.ok(order.every((step) => step >= 0));
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
    );
    assert.ok(stages.every(({ readings, averages }) => !readings || averages === RESULTS));
    assert.ok(stages.every(({ averages, anomalies }) => anomalies === RESULTS || averages === 256));
  });

  it('tells all that went, and keeps what edgeHub may have', () => {
    assert.equal(maker.makeRoom(0, outbox), 1_200);
    const entries = losses.take(100);

    assert.deepEqual(
      ['telemetry', 'average', 'anomaly'].map((kind) => told(entries, kind)),
      [1_200, RESULTS - 256, RESULTS - 256],
    );
    assert.deepEqual([outbox.countOf(1), outbox.countOf(0)], [256, 256]);
    assert.ok(losses.entries === 0);
  });

  it('lets go of what is too old, and of nothing else', () => {
    assert.equal(maker.expire(10, outbox), 300);

    assert.equal(told(losses.take(100), 'telemetry'), 300);
    assert.equal(blocks.blocks, 30);
    assert.equal(outbox.countOf(1), RESULTS);
    assert.ok(!maker.isBehind);
  });

  it('leaves to the next transaction what it has no time for, until all is gone', () => {
    stepMs = 40;
    const used = [space.usedBytes];
    let readings = 0;
    do {
      const startedMs = nowMs;
      readings += maker.expire(20, outbox);
      assert.ok(
        nowMs - startedMs <= 160,
        'two steps in time, and the look at the clock that says so',
      );
    } while (maker.isBehind);
    assert.equal(readings, 600);

    do {
      const startedMs = nowMs;
      maker.expire(0, outbox);
      readings += maker.makeRoom(0, outbox);
      used.push(space.usedBytes);
      assert.ok(nowMs - startedMs <= 240);
    } while (maker.isBehind);
    assert.equal(readings, 1_200);
    assert.ok(used.length > 5);
    assert.deepEqual(
      used,
      used.toSorted((a, b) => b - a),
    );
    assert.deepEqual([outbox.countOf(1), outbox.countOf(0)], [256, 256]);
  });

  it('makes room at once for what came in meanwhile, however long that takes', () => {
    stepMs = 1_000;
    maker.makeRoom(0, outbox);
    assert.ok(maker.isBehind);
    const used = space.usedBytes;
    for (let more = 0; more < 20; more += 1) {
      const texts = Array.from({ length: 100 }, (_, index) => reading(10_000 + more * 100 + index));
      const firstNumber = 10_000 + more * 100;
      blocks.add({ firstNumber, readings: 100, isThinned: false, storedMs: 50, texts });
    }
    assert.ok(space.usedBytes > used + 20_000);
    maker.makeRoom(0, outbox);

    assert.ok(space.usedBytes <= used);
    assert.ok(maker.isBehind);
  });

  it('finds the readings behind damaged blocks', () => {
    let damaged = 0;
    open.database.exec("UPDATE blocks SET content = x'0100' WHERE first_number < 600");
    const others = new BlockStore(open.database, () => (damaged += 1));

    assert.equal(others.oldestOf('readings', 1)[0]?.firstNumber, 600);
    assert.equal(damaged, 20);
  });
});
