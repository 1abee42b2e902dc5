import assert from 'node:assert/strict';
import {
  PushDataset,
  type Retention,
} from '../../../../simulator/azure/power-bi/core/push-dataset.ts';
import type { Column, PushRow } from '../../../../simulator/azure/power-bi/core/table-schema.ts';

const MINUTE_MS = 60_000;
const COLUMNS: readonly Column[] = [
  { name: 'id', dataType: 'String' },
  { name: 'windowEnd', dataType: 'DateTime' },
  { name: 'average', dataType: 'Double' },
  { name: 'count', dataType: 'Int64' },
  { name: 'late', dataType: 'Boolean' },
];

function datasetWith(columns = COLUMNS, retention: Retention = 'basicFIFO'): PushDataset {
  const dataset = new PushDataset('1', 'smart-meters', retention);
  assert.equal(dataset.setTable({ name: 'averages', columns }), undefined);
  return dataset;
}

function rows(count: number, row: PushRow = { id: 'Meter01' }): PushRow[] {
  return Array.from({ length: count }, () => row);
}

/** Pushes full requests, no faster than the minute allows, until `total` rows are in. */
function fill(dataset: PushDataset, total: number, stepMs = 500): number {
  let nowMs = 0;
  for (let taken = 0; taken < total; taken += 10_000) {
    assert.equal(dataset.push('averages', rows(10_000), nowMs), undefined);
    nowMs += stepMs;
  }
  return nowMs;
}

describe('push dataset', () => {
  it('takes rows whose values have the types of their columns, or are empty', () => {
    const row = {
      id: 'Meter01',
      windowEnd: '2026-11-22T18:05:00.0000000Z',
      average: 70,
      count: 30,
      late: false,
    };
    const dataset = datasetWith();
    assert.equal(dataset.push('averages', [row, { id: null }, {}], 0), undefined);
    assert.equal(dataset.tables[0]?.taken, 3);
    assert.deepEqual(dataset.tables[0]?.latest[2], row);
  });

  const faults: [what: string, row: PushRow, says: RegExp][] = [
    ['a column that the table has not', { temperature: 70 }, /no column temperature/],
    ['a text where a number belongs', { average: '70' }, /average: this is no Double/],
    ['a fraction where a whole number belongs', { count: 1.5 }, /count: this is no Int64/],
    ['a time that is none', { windowEnd: 'noon' }, /windowEnd: this is no DateTime/],
    ['a text of more than 4,000 characters', { id: 'M'.repeat(4_001) }, /4001 characters/],
  ];
  for (const [what, row, says] of faults) {
    it(`refuses ${what}, and the whole request with it`, () => {
      const dataset = datasetWith();
      const refusal = dataset.push('averages', [{ id: 'Meter01' }, row], 0);
      assert.equal(refusal?.status, 400);
      assert.match(refusal.message, says);
      assert.equal(dataset.tables[0]?.taken, 0);
    });
  }

  it('takes 10,000 rows in a request and not one more', () => {
    const dataset = datasetWith();
    assert.equal(dataset.push('averages', rows(10_000), 0), undefined);
    assert.equal(dataset.push('averages', rows(10_001), 0)?.status, 400);
  });

  it('takes 120 requests in a minute, and says when the next may come', () => {
    const dataset = datasetWith();
    for (let request = 0; request < 120; request += 1) {
      assert.equal(dataset.push('averages', rows(1), request * 100), undefined);
    }
    const refusal = dataset.push('averages', rows(1), 30_000);
    assert.deepEqual([refusal?.status, refusal?.retryAfterSeconds], [429, 30]);
    assert.equal(dataset.push('averages', rows(1), MINUTE_MS), undefined);
    assert.equal(dataset.usage(MINUTE_MS).throttled, 1);
  });

  it('takes a million rows in an hour', () => {
    const dataset = datasetWith();
    const fullMs = fill(dataset, 1_000_000);
    const refusal = dataset.push('averages', rows(1), fullMs);
    assert.deepEqual([refusal?.status, refusal?.retryAfterSeconds], [429, 3_600 - fullMs / 1_000]);
    assert.equal(dataset.push('averages', rows(1), 60 * MINUTE_MS), undefined);
  });

  it('holds 200,000 rows and lets the oldest go', () => {
    const dataset = datasetWith();
    fill(dataset, 300_000);
    assert.deepEqual([dataset.tables[0]?.rows, dataset.tables[0]?.taken], [200_000, 300_000]);
  });

  it('takes 120 requests an hour only, once a table that keeps all has 250,000 rows', () => {
    const dataset = datasetWith(COLUMNS, 'None');
    const fullMs = fill(dataset, 250_000);
    for (let request = 25; request < 120; request += 1) {
      assert.equal(dataset.push('averages', rows(1), fullMs + request * 1_000), undefined);
    }
    assert.equal(dataset.push('averages', rows(1), 10 * MINUTE_MS)?.status, 429);
  });

  it('has at most 75 columns in a table and 75 tables', () => {
    const dataset = new PushDataset('1', 'wide', 'basicFIFO');
    const column = (index: number): Column => ({ name: `c${index}`, dataType: 'Double' });
    const columns = Array.from({ length: 76 }, (_, index) => column(index));
    assert.equal(dataset.setTable({ name: 'wide', columns })?.status, 400);
    for (let table = 0; table < 75; table += 1) {
      assert.equal(dataset.setTable({ name: `t${table}`, columns: [column(0)] }), undefined);
    }
    assert.equal(dataset.setTable({ name: 'one more', columns: [column(0)] })?.status, 400);
  });
});
