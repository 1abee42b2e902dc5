import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { collectGarbage, giveBackAtRest } from '../../../modules/shared/src/small-heap.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const SMALL_HEAP = new URL('../../../modules/shared/src/small-heap.ts', import.meta.url).href;
const TSX = fileURLToPath(import.meta.resolve('tsx'));

/** Keeps some megabytes while making garbage, and prints the largest heap it had. */
const CHURN = `
const kept = Array.from({ length: 200_000 }, (_, index) => ({ index }));
let most = 0;
for (let round = 0; round < 4_000_000; round += 1) {
  kept[round % kept.length] = { index: round };
  if (round % 1_000 === 0) most = Math.max(most, process.memoryUsage().heapUsed);
}
process.stdout.write(String(most));`;

/** What is in the heap while so many objects are in use, which are not any more afterwards. */
function heapWith(objects: number): NodeJS.MemoryUsage {
  const kept = Array.from({ length: objects }, (_, index) => ({ index }));
  const usage = process.memoryUsage();
  assert.equal(kept.length, objects);
  return usage;
}

describe('small heap', () => {
  /** A process at work for the first of the seconds, each given by its share of a processor. */
  async function collections(shares: readonly number[]): Promise<number[]> {
    const clock = new FakeClock();
    let processorMs = 0;
    const seconds: number[] = [];
    const collect = () => {
      seconds.push(second);
      processorMs += 900;
    };
    const stop = giveBackAtRest(clock, { processorMs: () => processorMs, collect });
    let second = 0;
    for (const share of shares) {
      second += 1;
      processorMs += share * 1_000;
      await clock.advance(1_000);
    }
    stop();
    await clock.advance(10_000);
    return seconds;
  }

  const rest = [0.01, 0.02, 0, 0.01, 0.05, 0.01];

  it('is collected once in each rest, and not while the module works', async () => {
    assert.deepEqual(await collections([0.5, 1, ...rest, ...rest, ...rest]), [8]);
    assert.deepEqual(await collections([0.5, ...rest, 0.6, 0, 0, 0.4, ...rest, 0]), [7, 17]);
    assert.deepEqual(await collections([0.5, 0.05, 0.2, 0.05, 0.2, 0, 0, 0, 0, 0, 0.2]), []);
  });

  it('is collected now and then while the module does little', async () => {
    const little = Array.from({ length: 20 }, () => 0.05);

    assert.deepEqual(await collections(little), [6, 16]);
  });

  it('gives back what is in use no more', () => {
    const before = heapWith(1_000_000);

    collectGarbage();

    const after = process.memoryUsage();
    assert.ok(before.heapUsed - after.heapUsed > 20e6, `${before.heapUsed} ${after.heapUsed}`);
    assert.ok(before.heapTotal - after.heapTotal > 20e6, `${before.heapTotal} ${after.heapTotal}`);
  });

  it('grows less with its growth limited', () => {
    const mostOf = (prelude: string): number => {
      // One thread, so that how fast the others are does not matter.
      const flags = ['--single-threaded-gc', '--max-semi-space-size=4', '--import', TSX];
      const words = [...flags, '--input-type=module', '--eval', prelude + CHURN];
      const { stdout, stderr, status } = spawnSync(process.execPath, words, { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      return Number(stdout);
    };

    const limited = mostOf(`(await import('${SMALL_HEAP}')).limitHeapGrowth();`);
    const free = mostOf('');

    assert.ok(limited < 0.8 * free, `${limited} ${free}`);
  });
});
