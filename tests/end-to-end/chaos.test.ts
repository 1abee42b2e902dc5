/** A small run of `npm run chaos`: every kind of fault, and nothing lost or twice. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { z } from 'zod';
import { npmStart, type StartedCommand } from '../support/npm-start.ts';

const Result = z.object({
  verdict: z.string(),
  reasons: z.array(z.string()),
  readings: z.number(),
  faults: z.array(z.object({ of: z.string(), kills: z.number(), killsInWork: z.number() })),
  torn: z.object({ logs: z.number() }),
  leftOut: z.array(z.string()),
  redeliveries: z.object({
    byEdgeHub: z.number(),
    recognisedByModules: z.number(),
    inArchive: z.number(),
  }),
  reconciliation: z.object({
    comparisons: z.array(z.object({ what: z.string(), problems: z.array(z.string()) })),
  }),
});

const KINDS = [
  'cut link',
  'full disk',
  'kill',
  'kill at start',
  'kill of edgeAgent',
  'stop',
  'torn write',
];

describe('chaos', function () {
  this.timeout(180_000);
  let run: StartedCommand;
  const start = (...args: string[]) => (run = npmStart('chaos', ...args));
  afterEach(async () => {
    run.child.kill('SIGTERM');
    await run.ended();
  });

  it('loses nothing and counts nothing twice, whatever is killed, torn, full, stopped or cut', async () => {
    start('--kills', '8', '--readings', '12000', '--json');
    await run.ended();
    const { faults, torn, leftOut, ...result } = Result.parse(JSON.parse(run.output()));

    for (const { what, problems } of result.reconciliation.comparisons) {
      assert.deepEqual(problems, [], what);
    }
    assert.notEqual(result.verdict, 'failed', result.reasons.join('; '));
    assert.ok(result.readings > 12_000);
    const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
    assert.equal(sum(faults.map(({ kills }) => kills)), 8);
    assert.ok(sum(faults.map(({ killsInWork }) => killsInWork)) > 0);
    // Which of them there are in so few kills is chance.
    assert.ok(sum(Object.values(result.redeliveries)) > 0);
    assert.ok(torn.logs > 0);
    // Where no file system may be mounted there is no full disk, and the result says so.
    const kinds = KINDS.filter((kind) => kind !== 'full disk' || leftOut.length === 0);
    assert.deepEqual(
      faults.map(({ of }) => of),
      kinds,
    );
  });

  it('ends everything within two seconds on Ctrl-C, and leaves no state', async () => {
    start('--kills', '12', '--readings', '20000');
    await run.says(/smart meters and pages/);
    const folder = /state in (\S+)/.exec(run.output())?.[1] ?? '';
    assert.ok(existsSync(folder), run.output());
    const askedAt = performance.now();

    run.child.kill('SIGINT');

    assert.equal(await run.ended(), 130);
    assert.ok(performance.now() - askedAt < 2_000);
    assert.ok(!existsSync(folder));
  });

  it('names an option that it cannot take', async () => {
    start('--kills', 'some');

    assert.equal(await run.ended(), 1);
    assert.match(run.output(), /--kills takes a whole number from 8 on, not "some"/);
  });
});
