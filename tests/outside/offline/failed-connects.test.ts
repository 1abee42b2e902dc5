/** Thousands of attempts to connect that fail, in this process: what they leave behind. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock } from '../../../modules/shared/src/clock.ts';
import { systemClock } from '../../../modules/shared/src/clock.ts';
import { startClient, type StartedClient } from '../../support/edge-client-process.ts';
import { MisbehavingEdgeHub } from '../../support/misbehaving-edge-hub.ts';

const WARM_UP = 300;
/** A client that stayed would be tens of kilobytes, a thousand times. */
const MOST_BYTES = 4 * 1_048_576;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Retries have delays of all lengths up to five seconds; what else has a limit has round ones. */
function isRetry(delayMs: number): boolean {
  return delayMs < 5_000 && delayMs !== 2_000;
}

describe('thousands of failed attempts to connect', function () {
  this.timeout(600_000);
  let hub: MisbehavingEdgeHub;
  let started: StartedClient;
  let attempts: number;
  let reached: { readonly attempts: number; readonly tell: () => void } | undefined;

  /** A clock on which the next attempt is due at once, and every time limit is as it is. */
  const hurried: Clock = {
    ...systemClock,
    after: (delayMs, act) => systemClock.after(isRetry(delayMs) ? 0 : delayMs, act),
  };
  const until = (count: number) =>
    new Promise<void>((resolve) => {
      reached = { attempts: count, tell: resolve };
    });

  /** Counts the attempts, and keeps nothing of them on the other side. */
  function countAttempts(): void {
    const { asked, signedExpiries } = hub.workload;
    hub.workload.onAsked = (path) => {
      asked.length = 0;
      signedExpiries.length = 0;
      hub.connects.length = 0;
      if (path.startsWith('/trust-bundle')) attempts += 1;
      if (attempts === reached?.attempts) reached.tell();
    };
  }

  beforeEach(async () => {
    attempts = 0;
    hub = await MisbehavingEdgeHub.start();
    countAttempts();
  });
  afterEach(async () => {
    await started.stop();
    await hub.stop();
  });

  function used(): { heapBytes: number; files: number } {
    collectGarbage();
    const files = readdirSync('/proc/self/fd').length;
    return { heapBytes: process.memoryUsage().heapUsed, files };
  }

  async function leavesNothing(count: number): Promise<void> {
    started = await startClient(hub.environment, hurried);
    await until(WARM_UP);
    const before = used();
    const began = performance.now();
    await until(WARM_UP + count);
    const milliseconds = (performance.now() - began) / count;
    const after = used();
    const bytes = after.heapBytes - before.heapBytes;
    process.stdout.write(
      `      ${Math.round(bytes / count)} bytes and ${milliseconds.toFixed(1)} ms an attempt, ` +
        `${before.files} files before and ${after.files} after, ${started.log.length} log lines\n`,
    );
    assert.ok(bytes < MOST_BYTES, `${bytes} bytes stay in memory`);
    assert.ok(after.files <= before.files + 5, `${after.files} files are open`);
    assert.ok(started.log.length < 50, `${started.log.length} log lines`);
  }

  it('leave nothing behind when nobody listens', async () => {
    await hub.pause();
    await leavesNothing(3_000);
  });

  it('leave nothing behind when edgeHub refuses', async () => {
    hub.manners.connack = 5;
    await leavesNothing(1_000);
  });
});
