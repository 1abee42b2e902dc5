/** SIGTERM to each durable module as a real process, at bad moments. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { eventually } from '../support/eventually.ts';
import { Line } from '../support/line.ts';
import { ModuleProcess } from '../support/module-process.ts';
import { StubEdgeHub } from '../support/stub-edge-hub.ts';

const MESSAGES = 4_000;
/** Docker kills after ten seconds; the module ends itself, as failed, after eight. */
const DEADLINE_MS = 8_000;

const MODULES = [
  { name: 'averager', database: 'averager.db', input: 'readings' },
  { name: 'anomaly-detector', database: 'anomaly-detector.db', input: 'readings' },
  { name: 'store-and-forward', database: 'store-and-forward.db', input: 'telemetry' },
];

for (const { name, database, input } of MODULES) {
  describe(`${name}, told to stop by SIGTERM`, function () {
    this.timeout(40_000);
    let hub: StubEdgeHub;
    let line: Line;
    let folder: string;
    let module: ModuleProcess;

    before(async () => {
      hub = await StubEdgeHub.start();
      folder = mkdtempSync(join(tmpdir(), 'stopped-module-'));
      const connectionString = hub.environment['EdgeHubConnectionString'] ?? '';
      line = await Line.to(Number(/localhost:(\d+)/.exec(connectionString)?.[1]));
    });

    after(async () => {
      await module.end('SIGKILL');
      await line.end();
      await hub.stop();
      rmSync(folder, { recursive: true });
    });

    const start = async () => {
      const connectionString = hub.environment['EdgeHubConnectionString'] ?? '';
      module = ModuleProcess.start(name, {
        ...hub.environment,
        EdgeHubConnectionString: connectionString.replace(
          /localhost:\d+/,
          `localhost:${line.port}`,
        ),
        STATE_FOLDER: folder,
      });
      await eventually(() => assert.ok(hub.isConnected, module.output), 20_000);
    };
    let sent = 0;
    const offer = (messages: number) => {
      for (let index = 0; index < messages; index += 1) {
        sent += 1;
        const time = new Date(Date.now() - 86_400_000 + sent * 1_000).toISOString();
        hub.input(input, { id: 'Meter01', time, temp: 70, seq: sent });
      }
    };
    const endsInOrder = async () => {
      const acknowledged = sent - hub.unacknowledged;
      const startedMs = performance.now();
      assert.equal(await module.end('SIGTERM'), 0, module.output);
      assert.ok(performance.now() - startedMs < DEADLINE_MS);
      assert.match(module.output, /"stopped"/);
      const disk = new Sqlite(join(folder, database), { readonly: true });
      const counters = disk.prepare("SELECT value FROM kept WHERE name = 'counters'").pluck().get();
      disk.close();
      const { received } = JSON.parse(String(counters)) as { received: number };
      assert.ok(received >= acknowledged, `${received} on disk, ${acknowledged} acknowledged`);
    };

    it('ends in order under load, with all that it acknowledged on disk', async () => {
      await start();
      offer(MESSAGES);
      await hub.unacknowledgedFallsTo(MESSAGES - 200);
      assert.ok(hub.unacknowledged > 0, 'nothing was under way');
      await endsInOrder();
    });

    // What follows is about the line, which is the same for all.
    if (name !== 'store-and-forward') return;

    it('ends in order while edgeHub is away', async () => {
      await start();
      offer(200);
      await eventually(() => assert.ok(hub.unacknowledged < sent, module.output));
      await hub.pause();
      await eventually(() => assert.match(module.output, /not connected to edgeHub/), 20_000);
      await endsInOrder();
      await hub.resume();
    });

    it('ends in order while edgeHub hangs, with messages on their way both ways', async () => {
      await start();
      hub.withholdsAcknowledgements = true;
      offer(200);
      await eventually(() => assert.ok(hub.unacknowledged < sent, module.output));
      line.hang();
      await endsInOrder();
    });
  });
}
