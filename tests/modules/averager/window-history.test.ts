/** How long the averager keeps its closed windows: the horizon, and the limit in bytes. */
import assert from 'node:assert/strict';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import fc from 'fast-check';
import { z } from 'zod';
import { averager } from '../../../modules/averager/src/averager.ts';
import { AVERAGER_SCHEMA } from '../../../modules/averager/src/window-store.ts';
import { openDatabase } from '../../../modules/shared/src/database.ts';
import { DURABLE_SCHEMA } from '../../../modules/shared/src/durable-schema.ts';
import type { Average, Reading } from '../../../modules/shared/src/wire-contract.ts';
import { FakeModule } from '../../support/fake-module.ts';

/** The averager with a limit that a test reaches soon. */
const small = {
  ...averager,
  schema: averager.schema.extend({ maxDiskBytes: z.int().min(1).default(3_300_000) }),
};
const START_MS = Date.parse('2026-05-30T10:00:00Z');
const DAY_SECONDS = 86_400;
/** After so long all windows are closed. */
const SILENCE_MS = 61_000;
/** Averages that are many wait for each other no longer. */
const A_MOMENT_MS = 250;
const NAME = 'm'.repeat(100);

/** A reading with a window of its own, when windows last a second. */
const reading = (seconds: number, meter = 0): Reading => ({
  id: `${NAME}${meter}`,
  time: new Date(START_MS + seconds * 1_000).toISOString(),
  temp: 60 + ((seconds * 7 + meter) % 40) / 10,
  seq: seconds,
});

const range = (length: number) => Array.from({ length }, (_, index) => index);

describe('the averager’s closed windows', function () {
  this.timeout(20_000);
  let module: FakeModule<typeof small.schema.shape>;

  afterEach(() => module.end());

  const begin = (desired: Record<string, unknown>) => {
    module = new FakeModule(small);
    module.client.connect({ windowSeconds: 1, latenessSeconds: 0, ...desired });
  };

  /** Everything in the module's folder, bytes. */
  const folderBytes = () =>
    readdirSync(module.folder)
      .map((name) => statSync(join(module.folder, name)).size)
      .reduce((sum, bytes) => sum + bytes, 0);

  /** Readings of ten meters for some seconds; the largest size the folder had. */
  const load = async (fromSeconds: number, seconds: number): Promise<number> => {
    let largest = 0;
    for (let at = fromSeconds; at < fromSeconds + seconds; at += 40) {
      const batch = range(40).flatMap((more) =>
        range(10).map((meter) => reading(at + more, meter)),
      );
      await module.client.deliver('readings', batch);
      largest = Math.max(largest, folderBytes());
      await module.clock.advance(A_MOMENT_MS);
    }
    return largest;
  };

  /** The last revision of each window. */
  const results = (): Map<string, Average> => {
    const averages = module.client.bodies('averages').flat() as Average[];
    return new Map(averages.map((average) => [`${average.id} ${average.windowEnd}`, average]));
  };

  const horizon = () =>
    module.status()['revisionHorizon'] as { configuredDays: number; heldDays: number };

  it('are kept within the limit in bytes while readings pour in, write-ahead log included', async () => {
    begin({});
    const largest = await load(0, 800);

    assert.ok(largest > 1_200_000, `the limit was never reached: ${largest}`);
    assert.ok(largest <= 3_300_000, `${largest} bytes`);
    // The lock beside the database takes less than a page.
    assert.ok(folderBytes() - Number(module.status()['databaseBytes']) < 4_096);
  });

  it('are forgotten oldest first, and the shrunken horizon is reported and kept in mind', async () => {
    begin({});
    await load(0, 800);
    await module.clock.advance(SILENCE_MS);
    await load(800, 40);
    const { configuredDays, heldDays } = horizon();
    assert.equal(configuredDays, 30);
    assert.ok(heldDays <= 0.01, `${heldDays} days`);
    assert.deepEqual(module.client.reports.at(-1), { revisionHorizon: horizon() });
    const forgottenUpTo = module.status()['forgottenUpTo'];

    await module.restart();
    module.client.connect({ windowSeconds: 1, latenessSeconds: 0 });
    assert.equal(module.status()['forgottenUpTo'], forgottenUpTo);
    await module.client.deliver('readings', { ...reading(5), seq: 9_000_005 });
    assert.equal(module.status()['beyondHorizon'], 1);
    await module.client.deliver('readings', { ...reading(790), seq: 9_000_790 });
    await module.clock.advance(10_000);
    assert.equal(module.status()['late'], 1);
    const [late] = [...results().values()];
    assert.deepEqual([late?.revision, late?.count], [1, 2]);
  });

  it('do not keep a meter that comes back with an old backlog from being averaged', async () => {
    begin({});
    await load(500, 800);
    const backlog = range(400).map((seconds) => reading(seconds, 99));
    await module.client.deliver('readings', backlog);
    await module.clock.advance(SILENCE_MS);

    const counted = [...results().values()].filter(({ id }) => id === `${NAME}99`);
    assert.equal(counted.length, 400);
    assert.equal(module.status()['beyondHorizon'], 0);
  });

  it('give their bytes back when the limit is lowered', async () => {
    begin({});
    await load(0, 800);
    module.client.handlers.desired({
      version: 2,
      properties: { windowSeconds: 1, latenessSeconds: 0, maxDiskBytes: 1_650_000 },
    });
    await module.clock.advance(10_000);
    await load(800, 40);

    assert.ok(folderBytes() <= 1_650_000, `${folderBytes()} bytes`);
  });

  it('leave after the horizon of their own meter, and not of another', async () => {
    begin({ revisionHorizonDays: 1 });
    await module.client.deliver(
      'readings',
      [0, 10, 20].map((s) => reading(s, 1)),
    );
    await module.client.deliver(
      'readings',
      [0, 10, 20].map((s) => reading(s, 2)),
    );
    await module.client.deliver(
      'readings',
      [0, 10, 20].map((s) => reading(2 * DAY_SECONDS + s, 1)),
    );

    for (const meter of [1, 2]) {
      const late = { ...reading(10, meter), seq: 9_000_000 };
      await module.client.deliver('readings', late);
    }
    const { beyondHorizon, late } = module.status();
    assert.deepEqual({ beyondHorizon, late }, { beyondHorizon: 1, late: 1 });
  });

  it('that a shorter horizon let go of do not begin anew with a longer one', async () => {
    begin({ revisionHorizonDays: 1 });
    await module.client.deliver('readings', [reading(1), reading(10)]);
    await module.client.deliver(
      'readings',
      [1, 10].map((s) => reading(2 * DAY_SECONDS + s)),
    );
    module.client.handlers.desired({
      version: 2,
      properties: { windowSeconds: 1, latenessSeconds: 0, revisionHorizonDays: 30 },
    });
    await module.client.deliver('readings', { ...reading(1), seq: 9_000_000 });

    assert.equal(module.status()['beyondHorizon'], 1);
  });

  it('of an earlier version of the database are all kept', async () => {
    module = new FakeModule(small);
    const { databasePath } = module;
    await module.restart(() => makeEarlierDatabase(databasePath));
    module.client.connect({});
    await module.client.deliver('readings', [
      { id: 'Meter01', time: '2026-06-01T11:03:00Z', temp: 80, seq: 3 },
      { id: 'Meter01', time: '2026-06-01T11:03:00Z', temp: 80, seq: 1 },
    ]);
    await module.clock.advance(10_000);

    const [average] = results().values();
    assert.deepEqual([average?.average, average?.count, average?.revision], [72, 3, 1]);
    assert.equal(module.status()['repeats'], 1);
    const database = new Sqlite(databasePath, { readonly: true });
    assert.equal(database.pragma('auto_vacuum', { simple: true }), 2);
    database.close();
  });

  it('are the same for any order, batches and restarts, as far back as the limit lets them', async () => {
    const numbers = fc.uniqueArray(fc.nat({ max: 3 * 1_200 - 1 }), {
      minLength: 500,
      maxLength: 900,
      size: 'max',
    });
    const batches = fc.array(fc.tuple(fc.integer({ min: 1, max: 150 }), fc.boolean()), {
      minLength: 12,
      maxLength: 12,
    });
    let forgetful = 0;
    await fc.assert(
      fc.asyncProperty(numbers, batches, fc.nat({ max: 600 }), async (all, steps, disorder) => {
        const readings = all.map((number) => reading((number / 3) | 0, number % 3));
        const arriving = readings
          .map((one, index) => [(one.seq ?? 0) + ((index * 7_919) % (disorder + 1)), one] as const)
          .toSorted(([a], [b]) => a - b)
          .map(([, one]) => one);
        module = new FakeModule(small);
        const sent = new Map<string, Average>();
        const desired = { windowSeconds: 10, latenessSeconds: 5, maxDiskBytes: 400_000 };
        module.client.connect(desired);
        const keepSent = () => {
          for (const [key, result] of results()) sent.set(key, result);
        };
        let from = 0;
        for (const [length, restarts] of [...steps, [arriving.length, false] as const]) {
          await module.client.deliver('readings', arriving.slice(from, from + length));
          from += length;
          if (!restarts) continue;
          keepSent();
          await module.restart();
          module.client.connect(desired);
        }
        await module.clock.advance(SILENCE_MS);
        keepSent();
        const { beyondHorizon, withoutRoom, forgottenUpTo } = module.status();
        await module.end();

        const counted = [...sent.values()].reduce((sum, { count }) => sum + count, 0);
        assert.equal(counted + Number(beyondHorizon) + Number(withoutRoom), readings.length);
        if (withoutRoom !== 0) return;
        if (forgottenUpTo !== null) forgetful += 1;
        assertWhole(sent, readings, typeof forgottenUpTo === 'string' ? forgottenUpTo : '');
      }),
      { numRuns: 5, endOnFailure: true },
    );
    assert.ok(forgetful > 0, 'the limit was never reached');
  });
});

/** A database as it was when windows lay by their meters. */
function makeEarlierDatabase(path: string): void {
  for (const ending of ['', '-wal', '-shm']) rmSync(`${path}${ending}`, { force: true });
  const { database, close } = openDatabase(path, [DURABLE_SCHEMA, AVERAGER_SCHEMA]);
  database.pragma('journal_mode = DELETE');
  database.pragma('auto_vacuum = NONE');
  database.exec('VACUUM');
  const window = {
    windowMs: 300_000,
    count: 2,
    minimum: 66,
    maximum: 70,
    sum: [136],
    sequences: [1, 2],
    others: [],
    issued: 0,
    changed: false,
  };
  const endMs = Date.parse('2026-06-01T11:05:00Z');
  database.prepare('INSERT INTO meters VALUES (?, ?)').run('Meter01', endMs + 60_000);
  database
    .prepare('INSERT INTO windows VALUES (?, ?, ?, ?)')
    .run('Meter01', endMs, 0, JSON.stringify(window));
  close();
}

/** Every window after `forgottenUpTo` has all its readings in its last revision. */
function assertWhole(
  sent: ReadonlyMap<string, Average>,
  readings: readonly Reading[],
  forgottenUpTo: string,
): void {
  const windows = new Map<string, Reading[]>();
  for (const one of readings) {
    const endMs = Math.ceil(Date.parse(one.time) / 10_000) * 10_000;
    const key = `${one.id} ${new Date(endMs).toISOString().replace('.000Z', 'Z')}`;
    windows.set(key, [...(windows.get(key) ?? []), one]);
  }
  for (const [key, members] of windows) {
    if ((key.split(' ')[1] ?? '') <= forgottenUpTo) continue;
    const { count, average, minimum } = sent.get(key) ?? {};
    const temps = members.map(({ temp }) => temp);
    const mean = temps.reduce((sum, temp) => sum + temp, 0) / temps.length;
    assert.deepEqual({ count, minimum }, { count: temps.length, minimum: Math.min(...temps) });
    assert.ok(Math.abs((average ?? 0) - mean) < 1e-9);
  }
}
