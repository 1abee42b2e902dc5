import assert from 'node:assert/strict';
import { backlogOf } from '../../../simulator/console/web/src/backlog.ts';
import { lookSign, meterLook } from '../../../simulator/console/web/src/building/meter-look.ts';
import { ratePerSecond } from '../../../simulator/console/web/src/rate.ts';
import { formatBytes, formatRate, formatTemp } from '../../../simulator/console/web/src/words.ts';

describe('console rate', () => {
  const samples = (...counts: number[]) =>
    counts.map((count, second) => ({ atMs: second * 1_000, count }));

  it('is the growth over the last ten seconds', () => {
    assert.equal(ratePerSecond(samples(0, 0, 0, 0, 0, 0, 5, 10, 15, 20, 25)), 2.5);
    assert.equal(ratePerSecond(samples(0, 900, ...Array<number>(11).fill(900))), 0);
  });

  it('is zero without a past, and after a counter began anew', () => {
    assert.equal(ratePerSecond([]), 0);
    assert.equal(ratePerSecond(samples(7)), 0);
    assert.equal(ratePerSecond(samples(5_000, 3)), 0);
  });
});

describe('console backlog', () => {
  const edgeHub = (queued: number) => ({
    ok: true as const,
    value: {
      clients: [],
      endpoints: [],
      upstream: { connected: false, queued },
      received: 0,
      delivered: 0,
      redelivered: 0,
    },
  });
  const modules = (counters: Record<string, unknown>) => ({
    ok: true as const,
    value: { 'store-and-forward': counters },
  });

  it('is what store-and-forward keeps and what edgeHub has not delivered', () => {
    const counters = modules({ backlogReadings: 100, outboxRows: 40 });

    assert.deepEqual(backlogOf({ modules: counters, edgeHub: edgeHub(2) }), {
      readings: 100,
      outbox: 40,
      handedOver: 2,
      total: 142,
    });
  });

  it('is what one of them says while the other is away', () => {
    assert.equal(backlogOf({ edgeHub: edgeHub(3) })?.total, 3);
    assert.equal(backlogOf({ modules: modules({ outboxRows: 4 }) })?.total, 4);
  });

  it('counts nothing that is no number', () => {
    assert.equal(backlogOf({ modules: modules({ outboxRows: 'many' }) })?.total, 0);
  });

  it('is unknown while neither says', () => {
    assert.equal(backlogOf({}), undefined);
  });
});

describe('console window', () => {
  for (const [state, temp, look] of [
    ['new', null, 'new'],
    ['registered', 80, 'registered'],
    ['transmitting', null, 'connected'],
    ['transmitting', 68, 'cold'],
    ['transmitting', 70, 'usual'],
    ['transmitting', 72, 'hot'],
  ] as const) {
    it(`of a meter that is ${state} at ${temp} looks ${look}`, () => {
      assert.equal(meterLook({ state, temp }), look);
    });
  }

  it('has a sign of its own for each band', () => {
    const signs = (['cold', 'usual', 'hot'] as const).map((look) => lookSign(look));

    assert.equal(new Set(signs).size, 3);
  });
});

describe('console numbers', () => {
  it('are short, whatever they are', () => {
    assert.equal(formatRate(2.345), '2.3/s');
    assert.equal(formatRate(12_345.6), '12,346/s');
    assert.equal(formatBytes(999), '999 B');
    assert.equal(formatBytes(45_056), '45.1 kB');
    assert.equal(formatBytes(5_000_000), '5.0 MB');
    assert.ok(formatTemp(-1e300).length < 12);
  });
});
