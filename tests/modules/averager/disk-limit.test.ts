/** What the averager's limit in bytes does when nothing is left that could be forgotten. */
import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { averager } from '../../../modules/averager/src/averager.ts';
import type { Average, LedgerEntry, Reading } from '../../../modules/shared/src/wire-contract.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeModule } from '../../support/fake-module.ts';

const LIMIT_BYTES = 3_000_000;
/** The averager with a limit that a test reaches soon. */
const small = {
  ...averager,
  schema: averager.schema.extend({ maxDiskBytes: z.int().min(1).default(LIMIT_BYTES) }),
};
const START_MS = Date.parse('2026-05-30T10:00:00Z');

const range = (length: number) => Array.from({ length }, (_, index) => index);
const reading = (meter: number, seconds: number): Reading => ({
  id: `Meter${meter}`,
  time: new Date(START_MS + seconds * 1_000).toISOString(),
  temp: 60 + (meter % 40) / 10,
  seq: seconds,
});

describe('the averager’s limit in bytes holds', function () {
  this.timeout(20_000);
  let module: FakeModule<typeof small.schema.shape>;
  let readings: number;
  let largestBytes: number;

  beforeEach(() => {
    readings = 0;
    largestBytes = 0;
    module = new FakeModule(small);
  });
  afterEach(() => module.end());

  const folderBytes = () =>
    readdirSync(module.folder)
      .map((name) => statSync(join(module.folder, name)).size)
      .reduce((sum, bytes) => sum + bytes, 0);

  const deliver = async (batch: readonly Reading[]): Promise<void> => {
    await module.client.deliver('readings', batch);
    readings += batch.length;
    largestBytes = Math.max(largestBytes, folderBytes());
  };

  /** Waits until every reading is somewhere. */
  const eventuallyAll = async () => {
    let figures = { averaged: 0, lost: 0 };
    await eventually(async () => {
      await module.clock.advance(10_000);
      largestBytes = Math.max(largestBytes, folderBytes());
      figures = whereReadingsAre();
      assert.equal(figures.averaged + figures.lost, readings);
    });
    return figures;
  };

  const whereReadingsAre = () => {
    const averages = module.client.bodies('averages').flat() as Average[];
    const last = new Map(averages.map((one) => [`${one.id} ${one.windowEnd}`, one.count]));
    const ledger = module.client.bodies('ledger').flat() as LedgerEntry[];
    const told = ledger.filter(({ lostKind }) => lostKind === 'average');
    return {
      averaged: [...last.values()].reduce((sum, count) => sum + count, 0),
      lost: told.reduce((sum, { count }) => sum + count, 0),
    };
  };

  /** Every reading is in the last revision of a window, or in the ledger. */
  const accounts = async (): Promise<void> => {
    await module.client.release();
    await module.clock.advance(61_000);
    const { averaged, lost } = await eventuallyAll();
    assert.equal(lost, module.status()['withoutRoom']);
    assert.ok(lost > 0, `the limit was never reached: ${largestBytes}`);
    assert.ok(averaged > 0.2 * readings, `${averaged} of ${readings} averaged`);
  };

  it('with more meters than it has room for: some have all their averages, the others are told', async () => {
    module.client.connect({ windowSeconds: 60 });
    for (const seconds of [1, 59]) {
      for (let first = 0; first < 15_000; first += 1_000) {
        await deliver(range(1_000).map((more) => reading(first + more, seconds)));
      }
    }
    await accounts();
    assert.ok(largestBytes <= LIMIT_BYTES, `${largestBytes} bytes`);
  });

  it('while edgeHub acknowledges nothing, and what was held back goes out when it does', async () => {
    module.client.connect({ windowSeconds: 1, latenessSeconds: 0 });
    module.client.withholds = true;
    for (let seconds = 0; seconds < 400; seconds += 10) {
      const batch = range(10).flatMap((more) => range(40).map((id) => reading(id, seconds + more)));
      await deliver(batch);
    }
    await accounts();
    assert.ok(largestBytes <= LIMIT_BYTES, `${largestBytes} bytes`);
  });
});
