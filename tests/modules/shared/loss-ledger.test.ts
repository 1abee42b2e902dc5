import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { openDatabase, type OpenDatabase } from '../../../modules/shared/src/database.ts';
import { LOSS_SCHEMA, LossLedger } from '../../../modules/shared/src/loss-ledger.ts';
import { LedgerEntry } from '../../../modules/shared/src/wire-contract.ts';

const loss = (id: string, atMs: number, count = 1) => ({ id, fromMs: atMs, toMs: atMs, count });
const NOON = '2026-06-01T12:00:00.000Z';
const NOON_MS = Date.parse(NOON);

describe('the ledger of losses', () => {
  let folder: string;
  let open: OpenDatabase;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ledger-'));
    open = openDatabase(join(folder, 'ledger.db'), [LOSS_SCHEMA]);
  });

  afterEach(() => {
    open.close();
    rmSync(folder, { recursive: true });
  });

  it('adds up what one meter lost for one reason, from the first to the last', () => {
    const ledger = new LossLedger(open.database);
    ledger.add('telemetry', 'no room', loss('Meter01', NOON_MS + 1_000, 2));
    ledger.add('telemetry', 'no room', loss('Meter01', NOON_MS, 3));

    assert.deepEqual(ledger.take(10), [
      {
        lostKind: 'telemetry',
        id: 'Meter01',
        from: NOON,
        to: '2026-06-01T12:00:01.000Z',
        count: 5,
        reason: 'no room',
      },
    ]);
    assert.equal(ledger.entries, 0);
  });

  it('tells temperatures only when it knows those of all', () => {
    const ledger = new LossLedger(open.database);
    const measured = { average: 70, minimum: 69, maximum: 71 };
    ledger.add('telemetry', 'a', { ...loss('Meter01', NOON_MS), ...measured });
    ledger.add('telemetry', 'a', { ...loss('Meter01', NOON_MS, 3), ...measured, average: 70.4 });
    ledger.add('telemetry', 'b', { ...loss('Meter01', NOON_MS), ...measured });
    ledger.add('telemetry', 'b', loss('Meter01', NOON_MS));

    const [a, b] = ledger.take(10);
    assert.deepEqual([a?.average, a?.minimum, a?.maximum], [70.3, 69, 71]);
    assert.deepEqual([b?.count, b?.average], [2, undefined]);
  });

  it('stays small, counts everything, and tells what the wire takes, whatever gets lost', () => {
    const Losses = fc.array(
      fc.record({
        kind: fc.constantFrom('telemetry', 'average', 'anomaly', 'ledger'),
        reason: fc.string({ maxLength: 300 }),
        id: fc.string({ maxLength: 3 }),
        count: fc.integer({ min: 1, max: 9 }),
      }),
      { maxLength: 300 },
    );
    fc.assert(
      fc.property(Losses, fc.integer({ min: 1, max: 20 }), (losses, mostRows) => {
        const ledger = new LossLedger(open.database, mostRows);
        for (const { kind, reason, id, count } of losses) {
          ledger.add(kind, reason, loss(id, NOON_MS, count));
        }
        const entries = new LossLedger(open.database, mostRows).take(1_000);
        const sum = (all: readonly { count: number }[]) => all.reduce((n, one) => n + one.count, 0);
        for (const entry of entries) assert.deepEqual(LedgerEntry.parse(entry), entry);
        return sum(entries) === sum(losses) && entries.length <= mostRows + 104;
      }),
      { numRuns: 30 },
    );
  });

  it('leaves the meter out of what it has no row for, and keeps the reason', () => {
    const ledger = new LossLedger(open.database, 1);
    for (const id of ['Meter01', 'Meter02', 'Meter03']) {
      ledger.add('telemetry', 'no room', loss(id, NOON_MS));
    }

    assert.deepEqual(
      ledger.take(10).map(({ id, count, reason }) => [id, count, reason]),
      [
        [undefined, 2, 'no room'],
        ['Meter01', 1, 'no room'],
      ],
    );
  });
});
