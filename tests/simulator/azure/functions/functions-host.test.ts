import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { EVENT_HUBS } from '../../../../simulator/azure/event-hubs/namespace.ts';
import { openEventLog, type EventLog } from '../../../../simulator/azure/event-hubs/event-log.ts';
import { startEventHubs } from '../../../../simulator/azure/event-hubs/event-hubs.ts';
import { startMailbox, type Mailbox } from '../../../../simulator/azure/mailbox/mailbox.ts';
import { holdFreePorts } from '../../../../simulator/supervisor/free-ports.ts';
import { storageConnectionString } from '../../../../simulator/wire/connection-strings.ts';
import { controlClient } from '../../../../simulator/wire/control-api.ts';
import type { RunningService } from '../../../../simulator/wire/local-process.ts';
import { createLogger } from '../../../../simulator/wire/logger.ts';
import { alertEvent } from '../../../cloud/function/support.ts';
import { startAzurite, type Azurite } from '../../../support/azurite.ts';
import { compiled } from '../../../support/compiled.ts';
import { eventually } from '../../../support/eventually.ts';
import { testSettings, type TestSettings } from '../../../support/settings.ts';

const Status = z.object({
  functions: z.array(
    z.object({
      name: z.string(),
      trigger: z.string(),
      invocations: z.int(),
      failures: z.int(),
      recent: z.array(
        z.object({
          atMs: z.number(),
          events: z.int(),
          ok: z.boolean(),
          durationMs: z.number(),
          error: z.string().nullable(),
        }),
      ),
    }),
  ),
});

const log = createLogger('test', 'silent');

describe('local Functions host', function () {
  this.timeout(60_000);
  let local: TestSettings;
  let azurite: Azurite;
  let mailbox: Mailbox;
  let eventLog: EventLog;
  let eventHubs: RunningService;
  let host: ChildProcess;
  let output = '';

  before(async () => {
    local = await testSettings({ groupWaitSeconds: 0.2, logLevel: 'debug' });
    const { settings } = local;
    azurite = await startAzurite(settings, { durable: true });
    mailbox = await startMailbox({ settings, log });
    eventLog = openEventLog(join(settings.stateFolder, 'events.db'), EVENT_HUBS);
    eventHubs = await startEventHubs({ settings, log, eventLog });
    await writeFile(join(settings.stateFolder, 'settings.json'), JSON.stringify(settings));
    host = await startHost();
  });

  after(async () => {
    host.kill('SIGKILL');
    await eventHubs.stop();
    await eventLog.close();
    await mailbox.stop();
    await azurite.stop();
    await local.cleanup();
  });

  /** The process as the supervisor starts it. */
  async function startHost(settingsFile = 'settings.json'): Promise<ChildProcess> {
    const { projectFolder, stateFolder } = local.settings;
    const child = spawn(
      process.execPath,
      [compiled('simulator/azure/functions/main.ts'), join(stateFolder, settingsFile)],
      { cwd: projectFolder, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
    );
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    const [message] = await once(child, 'message');
    assert.deepEqual(message, { state: 'ready' });
    return child;
  }

  /** An anomaly of now: one of the past would come in a digest. */
  function anomalyOf(site: string, overrides: Record<string, unknown> = {}): unknown {
    return alertEvent({ gateway: site, time: new Date().toISOString(), ...overrides });
  }

  async function publish(...events: unknown[]): Promise<void> {
    for (const [index, event] of events.entries()) {
      const body = Buffer.from(typeof event === 'string' ? event : JSON.stringify(event));
      const one = { body, properties: {}, annotations: {} };
      await eventLog.append('alerts', { partitionKey: `key ${index}` }, [one]);
    }
  }

  /** How often each mail of a site came, and how many anomalies they tell of. */
  async function tellingsOf(site: string): Promise<{ copies: number[]; told: number }> {
    const mails = mailbox.list().filter(({ incident }) => incident?.startsWith(`${site}/`));
    const contents = await Promise.all(mails.map(({ id }) => mailbox.read(id)));
    const counts = contents.map((mail) => {
      const header = mail?.headers.find(({ name }) => name === 'x-anomalies');
      return Number(header?.value.split(' ')[0]);
    });
    return {
      copies: mails.map(({ copies }) => copies),
      told: counts.reduce((sum, count) => sum + count, 0),
    };
  }

  async function status() {
    const answer = await controlClient(local.settings, 'functions').get('/status');
    return Status.parse(answer).functions;
  }

  it('brings an anomaly from the event hub to the mailbox with the unchanged app', async () => {
    const events = [anomalyOf('one'), anomalyOf('one', { seq: 42 })];
    await publish(...events, 'not json');

    await eventually(async () => {
      assert.deepEqual((await tellingsOf('one')).told, 2);
    });
    const functions = await status();
    const recorded = functions.find(({ name }) => name === 'recordAnomalies');
    assert.equal(recorded?.trigger, 'eventHubTrigger');
    assert.equal(recorded?.failures, 0);
    assert.equal(
      recorded?.recent.reduce((sum, { events: count }) => sum + count, 0),
      3,
    );
    assert.ok(functions.some(({ name }) => name === 'sendMails'));
  });

  it('notes when the hub took in what a gateway sent', async () => {
    const body = Buffer.from(JSON.stringify({ id: 'Meter07', gateway: 'heard', average: 70 }));
    const before = new Date().toISOString();
    const one = { body, properties: {}, annotations: {} };
    await eventLog.append('hot-path', { partitionKey: 'Meter07' }, [one]);

    await eventually(async () => {
      const storage = storageConnectionString(local.settings);
      const options = { allowInsecureConnection: true };
      const index = TableClient.fromConnectionString(storage, 'siteindex', options);
      const { heardAt } = await index.getEntity<{ heardAt: string }>('sites', 'heard');
      assert.ok(heardAt >= before && heardAt <= new Date().toISOString(), heardAt);
    }, 20_000);
  });

  it('goes on after kill -9 where it was, without a second mail', async () => {
    const ended = once(host, 'exit');
    host.kill('SIGKILL');
    await ended;
    await publish(anomalyOf('two'));
    host = await startHost();

    await eventually(async () => assert.equal((await tellingsOf('two')).told, 1), 20_000);
    const { copies, told } = await tellingsOf('one');
    assert.equal(told, 2);
    assert.ok(copies.every((count) => count === 1));
  });

  it('repeats a failed invocation until storage is back, and skips nothing', async () => {
    await azurite.stop();
    await publish(anomalyOf('three'));
    await eventually(async () => {
      const recorded = (await status()).find(({ name }) => name === 'recordAnomalies');
      assert.ok((recorded?.failures ?? 0) > 0);
    }, 30_000);
    azurite = await startAzurite(local.settings, { durable: true });

    await eventually(async () => assert.equal((await tellingsOf('three')).told, 1), 30_000);
  });

  it('shares the hub and the tables with a second instance, and no mail is sent twice', async () => {
    const { settings } = local;
    const { ports: own, release } = await holdFreePorts();
    const ports = {
      ...settings.ports,
      functions: own.functions,
      control: { ...settings.ports.control, functions: own.control.functions },
    };
    const file = join(settings.stateFolder, 'second.json');
    await writeFile(file, JSON.stringify({ ...settings, ports }));
    const second = await startHost('second.json');
    const sites = Array.from({ length: 5 }, (_, index) => `shared-${index}`);
    const events = sites.flatMap((site) =>
      [1, 2, 3].map((seq) => anomalyOf(site, { seq, id: `Meter${seq}` })),
    );
    await publish(...events, ...events);

    await eventually(async () => {
      for (const site of sites) assert.equal((await tellingsOf(site)).told, 3);
    }, 45_000);
    const stopped = once(second, 'exit');
    second.kill('SIGTERM');
    await stopped;
    await release();
    for (const site of sites) {
      const { copies, told } = await tellingsOf(site);
      assert.deepEqual(new Set(copies), new Set([1]), site);
      assert.equal(told, 3);
    }
  });

  it('stops when told, and no secret has come into its log', async () => {
    const ended = once(host, 'exit');
    host.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);

    const { secrets } = local.settings;
    for (const secret of Object.values(secrets)) assert.ok(!output.includes(secret));
    assert.ok(output.includes('ready'));
  });
});
