import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openEventLog } from '../../../../simulator/azure/event-hubs/event-log.ts';
import { EVENT_HUBS } from '../../../../simulator/azure/event-hubs/namespace.ts';

const WRITER = fileURLToPath(new URL('../../../support/event-log-writer.ts', import.meta.url));

describe('event log of a killed process', function () {
  this.timeout(20_000);
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'event-log-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('holds all that was acknowledged, once, with sequence numbers that have no hole', async () => {
    const path = join(folder, 'event-hubs.db');
    const acknowledged: string[] = [];
    for (const kill of [1, 2]) {
      const lines = await appendUntilKilled(path, 400 * kill);
      acknowledged.push(...lines);

      const log = openEventLog(path, EVENT_HUBS);
      const stored = ['0', '1'].map((id) => log.read('hot-path', id, -1, 100_000));
      for (const events of stored) {
        assert.deepEqual(
          events.map(({ sequenceNumber }) => sequenceNumber),
          events.map((_, index) => index),
        );
      }
      const counts = count(stored.flat().map(({ body }) => body.toString()));
      for (const [line, times] of count(acknowledged)) {
        const held = counts.get(line) ?? 0;
        assert.ok(held >= times && held <= kill, `${line}: ${times} acknowledged, ${held} held`);
      }
      await log.close();
    }
  });
});

/** Runs the writer until it was told of that many acknowledgements, then kills it. */
async function appendUntilKilled(path: string, enough: number): Promise<string[]> {
  const writer = spawn(process.execPath, ['--import', 'tsx', WRITER, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  writer.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    if (text.split('\n').length > enough) writer.kill('SIGKILL');
  });
  await once(writer, 'close');
  assert.equal(writer.signalCode, 'SIGKILL');
  return text.split('\n').slice(0, -1);
}

function count(lines: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  return counts;
}
