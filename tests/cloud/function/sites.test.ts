import assert from 'node:assert/strict';
import { TableClient } from '@azure/data-tables';
import type { Mail } from '../../../cloud/function/src/core/mail.ts';
import { noteGateways } from '../../../cloud/function/src/note-gateways.ts';
import { recordAnomalies } from '../../../cloud/function/src/record-anomalies.ts';
import { sendDueMails } from '../../../cloud/function/src/send-due-mails.ts';
import { openStores, type Services } from '../../../cloud/function/src/services.ts';
import { TransportError } from '../../../cloud/function/src/transport.ts';
import {
  KEEP_ANOMALIES_MS,
  KEEP_INCIDENTS_MS,
  trimTables,
} from '../../../cloud/function/src/trim.ts';
import { storageConnectionString } from '../../../simulator/wire/connection-strings.ts';
import { startAzurite, type Azurite } from '../../support/azurite.ts';
import { testSettings, type TestSettings } from '../../support/settings.ts';
import {
  alertEvent,
  appSettings,
  CLEAR_AFTER_MS,
  GROUP_WAIT_MS,
  memoryLog,
  REMINDER_MS,
  SILENT_AFTER_MS,
  START_MS,
  toIso,
  UPDATE_MS,
} from './support.ts';

const MINUTE_MS = 60_000;
const GATEWAY = 'gateway-01';
const log = memoryLog();

describe('sites on record', function () {
  this.timeout(60_000);
  const clock = { nowMs: START_MS };
  let mails: Mail[] = [];
  let given: { readonly mail: Mail; readonly attempts: number }[] = [];
  let scope: TransportError['scope'] | null = null;
  let local: TestSettings;
  let azurite: Azurite;
  let services: Services;

  before(async () => {
    local = await testSettings();
    azurite = await startAzurite(local.settings);
  });

  after(async () => {
    await azurite.stop();
    await local.cleanup();
  });

  beforeEach(async () => {
    clock.nowMs = START_MS;
    mails = [];
    given = [];
    scope = null;
    for (const name of ['sites', 'siteindex', 'refusedevents']) await tableOf(name).deleteTable();
    services = {
      ...(await openStores(appSettings(local.settings), () => clock.nowMs)),
      transport: {
        timeoutMs: 1_000,
        send: async (mail) => {
          if (scope !== null) throw new TransportError('not today', scope);
          mails.push(mail);
        },
        close: () => undefined,
      },
      deadLetters: {
        put: async (letter) => {
          given.push(letter);
        },
      },
    };
    await pass(MINUTE_MS);
  });

  const kinds = (): string[] =>
    mails.filter(({ site }) => site.id === GATEWAY).map(({ kind }) => kind);

  function average(overrides: object = {}): string {
    return JSON.stringify({ id: 'Meter01', gateway: GATEWAY, average: 70, ...overrides });
  }

  function hear(...events: unknown[]): Promise<void> {
    const heard = events.map((event) => ({ event, enqueuedMs: clock.nowMs }));
    return noteGateways(services, heard, new Map());
  }

  /** Runs the timer once a minute. */
  async function pass(ms: number): Promise<void> {
    for (const endMs = clock.nowMs + ms; clock.nowMs < endMs;) {
      clock.nowMs += MINUTE_MS;
      await sendDueMails(services, log);
    }
  }

  async function record(...overrides: object[]): Promise<void> {
    const events = overrides.map((fields) =>
      alertEvent({ gateway: GATEWAY, time: toIso(clock.nowMs), ...fields }),
    );
    await recordAnomalies(services, events, log);
  }

  it('tell of a gateway that fell silent once, and when it is heard of again', async () => {
    await hear(`${average()}\n${average({ id: 'Meter02' })}`, 'no json', { gateway: null });
    await pass(SILENT_AFTER_MS - MINUTE_MS);
    assert.deepEqual(kinds(), []);
    await pass(MINUTE_MS);
    await record({}, { id: 'Meter02', seq: 2 });
    await pass(30 * MINUTE_MS);
    assert.deepEqual(kinds(), ['gateway-silent']);
    await hear(average());
    await pass(MINUTE_MS);

    assert.deepEqual(kinds(), ['gateway-silent', 'gateway-back']);
    assert.equal(mails.at(-1)?.model.news.count, 2);
    assert.deepEqual(mails.at(-1)?.inReplyTo, mails.at(-2)?.messageId);
  });

  it('hear of a silent gateway from what was on its way when it was found silent', async () => {
    const heardMs = clock.nowMs;
    await hear(average());
    await pass(SILENT_AFTER_MS);
    assert.deepEqual(kinds(), ['gateway-silent']);
    for (const ageMs of [5 * MINUTE_MS, SILENT_AFTER_MS - 1]) {
      const enqueuedMs = heardMs + ageMs;
      await noteGateways(services, [{ event: average(), enqueuedMs }], new Map());
    }
    await pass(MINUTE_MS);

    assert.deepEqual(kinds(), ['gateway-silent', 'gateway-back']);
  });

  it('keep the latest sign of life, whatever order several note them in', async () => {
    const latestMs = clock.nowMs;
    const { index } = services;
    const times = Array.from({ length: 8 }, (_, at) => latestMs - ((at + 5) % 8) * MINUTE_MS);
    await Promise.all(times.map((ms) => index.noteHeard(GATEWAY, ms, SILENT_AFTER_MS)));

    const [site] = (await index.due(latestMs)).filter(({ id }) => id === GATEWAY);
    assert.equal(site?.heardMs, latestMs);
  });

  it('do not take a pause of this app for silence', async () => {
    await pass(MINUTE_MS);
    await hear(average());
    clock.nowMs += 6 * 3_600_000;
    await pass(SILENT_AFTER_MS - MINUTE_MS);
    assert.deepEqual(kinds(), []);
    await hear(average());
    await pass(5 * MINUTE_MS);

    assert.deepEqual(kinds(), []);
  });

  it('keep gateways apart, and forget nothing that several said at once', async () => {
    const others = Array.from({ length: 30 }, (_, index) =>
      average({ gateway: `${GATEWAY}-${index}` }),
    );
    await hear(...others, average());
    await pass(SILENT_AFTER_MS);

    const silent = mails.filter(({ site }) => site.id.startsWith(GATEWAY));
    assert.equal(silent.length, 31);
  });

  it('can be acknowledged by the name that their mails carry: no reminders any more', async () => {
    await hear(average());
    await pass(SILENT_AFTER_MS);
    const incident = mails.findLast(({ site }) => site.id === GATEWAY)?.incident ?? '';
    const { acknowledgements } = services;
    const view = await acknowledgements.show(GATEWAY, incident);
    assert.equal(view?.acknowledged, null);
    assert.equal(view.silentSinceMs, clock.nowMs - SILENT_AFTER_MS);

    assert.equal(await acknowledgements.acknowledge(GATEWAY, incident), 'acknowledged');
    assert.equal(await acknowledgements.acknowledge(GATEWAY, incident), 'already');
    assert.deepEqual((await acknowledgements.show(GATEWAY, incident))?.acknowledged, {
      atMs: clock.nowMs,
    });
    clock.nowMs += 2 * REMINDER_MS;
    await pass(MINUTE_MS);
    assert.deepEqual(kinds(), ['gateway-silent']);
    await hear(average());
    await pass(MINUTE_MS);

    assert.equal(await acknowledgements.acknowledge(GATEWAY, incident), 'over');
    assert.equal((await acknowledgements.show(GATEWAY, incident))?.closedMs, clock.nowMs);
    for (const unknown of [
      '',
      'x',
      `${GATEWAY}/2026-01-01T00:00:00.000Z`,
      `other/${toIso(START_MS)}`,
    ]) {
      assert.equal(await acknowledgements.acknowledge(GATEWAY, unknown), 'unknown');
      assert.equal(await acknowledgements.show(GATEWAY, unknown), undefined);
    }
  });

  it('try a mail that is not taken later and later, and give it up in the end', async () => {
    scope = 'mail';
    await record({});
    clock.nowMs += GROUP_WAIT_MS;
    const attempts: number[] = [];
    for (let second = 0; second < 3 * 3_600 && given.length === 0; second += 1) {
      const before = log.lines.length;
      await sendDueMails(services, log);
      if (log.lines.length > before) attempts.push(second);
      clock.nowMs += second < 20 ? 1_000 : MINUTE_MS;
      if (second >= 20) second += 59;
    }

    assert.deepEqual(attempts.slice(0, 4), [0, 2, 6, 14]);
    assert.equal(attempts.length, 20);
    assert.deepEqual(
      given.map(({ attempts: count, mail }) => `${count} ${mail.kind}`),
      ['20 first'],
    );
    scope = null;
    await pass(CLEAR_AFTER_MS);
    assert.deepEqual(kinds(), ['all-clear']);
  });

  it('give a mail up at once that will never be taken', async () => {
    scope = 'refused';
    await record({});
    clock.nowMs += GROUP_WAIT_MS;
    await sendDueMails(services, log);

    assert.equal(given.length, 1);
  });

  it('give a mail up that cannot be made, in the end, and go on with the next', async () => {
    const { transport } = services;
    const send = (): Promise<void> => Promise.reject(new RangeError('no such picture'));
    const broken: Services = { ...services, transport: { ...transport, send } };
    await record({});
    clock.nowMs += GROUP_WAIT_MS;
    for (let look = 0; look < 20; look += 1) {
      await sendDueMails(broken, log);
      clock.nowMs += 10 * MINUTE_MS;
    }
    assert.match(JSON.stringify(given), /could not be made: no such picture/);
    await sendDueMails(services, log);

    assert.deepEqual(kinds(), ['all-clear']);
  });

  it('are trimmed: anomalies after eight days, incidents and mails after ninety', async () => {
    await record({}, { seq: 2 });
    await recordAnomalies(services, ['no json'], log);
    clock.nowMs += GROUP_WAIT_MS;
    await sendDueMails(services, log);
    clock.nowMs += CLEAR_AFTER_MS + UPDATE_MS;
    await sendDueMails(services, log);
    const recordedMs = clock.nowMs;
    await trimTables(services, log);
    assert.deepEqual(await rowsOf(), { a: 2, i: 1, s: 2, head: 1, mail: 1 });

    clock.nowMs = recordedMs + KEEP_ANOMALIES_MS;
    await trimTables(services, log);
    assert.deepEqual(await rowsOf(), { i: 1, s: 2, head: 1, mail: 1 });
    clock.nowMs = recordedMs + KEEP_INCIDENTS_MS + MINUTE_MS;
    await trimTables(services, log);

    assert.deepEqual(await rowsOf(), { head: 1, mail: 1 });
    assert.equal(await trimTables(services, log), 0);
  });

  function tableOf(name: string): TableClient {
    const connectionString = storageConnectionString(local.settings);
    return TableClient.fromConnectionString(connectionString, name, {
      allowInsecureConnection: true,
    });
  }

  /** Rows of the site by the first letters of their keys. */
  async function rowsOf(): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    const filter = `PartitionKey eq '${GATEWAY}'`;
    for await (const { rowKey = '' } of tableOf('sites').listEntities({
      queryOptions: { filter },
    })) {
      const [kind = ''] = rowKey.split('~');
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    return counts;
  }
});
