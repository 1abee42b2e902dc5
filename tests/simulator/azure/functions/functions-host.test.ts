import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { EVENT_HUBS } from '../../../../simulator/azure/event-hubs/namespace.ts';
import { openEventLog, type EventLog } from '../../../../simulator/azure/event-hubs/event-log.ts';
import { startEventHubs } from '../../../../simulator/azure/event-hubs/event-hubs.ts';
import { startMailbox, type Mailbox } from '../../../../simulator/azure/mailbox/mailbox.ts';
import { controlClient } from '../../../../simulator/wire/control-api.ts';
import type { RunningService } from '../../../../simulator/wire/local-process.ts';
import { createLogger } from '../../../../simulator/wire/logger.ts';
import { alertEvent } from '../../../cloud/function/support.ts';
import { startAzurite, type Azurite } from '../../../support/azurite.ts';
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
  this.timeout(40_000);
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

  /** The process as the supervisor starts it, from the sources. */
  async function startHost(): Promise<ChildProcess> {
    const { projectFolder, stateFolder } = local.settings;
    const child = spawn(
      process.execPath,
      [
        '--import',
        'tsx',
        join(projectFolder, 'simulator/azure/functions/main.ts'),
        join(stateFolder, 'settings.json'),
      ],
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

  async function publish(meterId: string, ...events: unknown[]): Promise<void> {
    await eventLog.append(
      'alerts',
      { partitionKey: meterId },
      events.map((event) => ({
        body: Buffer.from(typeof event === 'string' ? event : JSON.stringify(event)),
        properties: {},
        annotations: {},
      })),
    );
  }

  function mailsOf(meterId: string): string[] {
    return mailbox
      .list()
      .filter(({ incident }) => incident?.startsWith(`${meterId}/`))
      .map(({ subject, copies }) => `${subject} x${copies}`);
  }

  async function status() {
    const answer = await controlClient(local.settings, 'functions').get('/status');
    return Status.parse(answer).functions;
  }

  it('brings an anomaly from the event hub to the mailbox with the unchanged app', async () => {
    await publish('Meter07', alertEvent(), 'not json', alertEvent({ seq: 42 }));

    await eventually(() => {
      assert.deepEqual(mailsOf('Meter07'), [
        'Spike at Meter07: 91.4 °F, usual 70.2 °F (22 Nov 18:05 UTC, 2 anomalies) x1',
      ]);
    });
    const functions = await status();
    const recorded = functions.find(({ name }) => name === 'recordAnomalies');
    assert.equal(recorded?.trigger, 'eventHubTrigger');
    assert.equal(recorded?.failures, 0);
    assert.equal(
      recorded?.recent.reduce((sum, { events }) => sum + events, 0),
      3,
    );
    assert.ok(functions.some(({ name }) => name === 'sendMails'));
  });

  it('goes on after kill -9 where it was, without a second mail', async () => {
    const ended = once(host, 'exit');
    host.kill('SIGKILL');
    await ended;
    await publish('Meter08', alertEvent({ id: 'Meter08' }));
    host = await startHost();

    await eventually(() => assert.equal(mailsOf('Meter08').length, 1), 20_000);
    assert.equal(mailsOf('Meter07').length, 1);
    assert.match(mailsOf('Meter07')[0] ?? '', /x1$/);
    const recorded = (await status()).find(({ name }) => name === 'recordAnomalies');
    assert.ok(recorded?.recent.every(({ events }) => events === 1));
  });

  it('repeats a failed invocation until storage is back, and skips nothing', async () => {
    await azurite.stop();
    await publish('Meter09', alertEvent({ id: 'Meter09' }));
    await eventually(async () => {
      const recorded = (await status()).find(({ name }) => name === 'recordAnomalies');
      assert.ok((recorded?.failures ?? 0) > 0);
    }, 30_000);
    azurite = await startAzurite(local.settings, { durable: true });

    await eventually(() => assert.equal(mailsOf('Meter09').length, 1), 30_000);
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
