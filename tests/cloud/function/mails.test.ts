import assert from 'node:assert/strict';
import { TableClient } from '@azure/data-tables';
import type { Mailbox } from '../../../simulator/azure/mailbox/mailbox.ts';
import { recordAnomalies } from '../../../cloud/function/src/record-anomalies.ts';
import { sendDueMails } from '../../../cloud/function/src/send-due-mails.ts';
import type { Services } from '../../../cloud/function/src/services.ts';
import { storageConnectionString } from '../../../simulator/wire/connection-strings.ts';
import { startAzurite, type Azurite } from '../../support/azurite.ts';
import { testSettings, type TestSettings } from '../../support/settings.ts';
import {
  alertEvent,
  GROUP_WAIT_MS,
  memoryLog,
  openInstance,
  openMailbox,
  type TestClock,
} from './support.ts';

const log = memoryLog();

describe('mails of the Function', function () {
  this.timeout(30_000);
  const clock: TestClock = { nowMs: 0 };
  let local: TestSettings;
  let azurite: Azurite;
  let mailbox: Mailbox;
  let one: Services;
  let two: Services;
  let meter = 0;

  before(async () => {
    local = await testSettings();
    azurite = await startAzurite(local.settings);
    mailbox = await openMailbox(local.settings);
    one = await openInstance(local.settings, clock);
    two = await openInstance(local.settings, clock);
  });

  // A meter and an hour of its own for each test: storage is shared, as in Azure.
  beforeEach(() => {
    meter += 1;
    clock.nowMs = Date.parse('2026-11-22T19:00:00Z') + meter * 3_600_000;
  });

  after(async () => {
    one.mailer.close();
    two.mailer.close();
    await mailbox.stop();
    await azurite.stop();
    await local.cleanup();
  });

  const meterId = (): string => `Meter${meter}`;

  function event(second: number, overrides: Record<string, unknown> = {}): unknown {
    const time = new Date(Date.parse('2026-11-22T18:05:30Z') + second * 1_000).toISOString();
    return alertEvent({ id: meterId(), time, seq: 1_000 + second, ...overrides });
  }

  function mails(): string[] {
    return mailbox
      .list()
      .filter(({ incident }) => incident?.startsWith(`${encodeURIComponent(meterId())}/`))
      .map(({ incident, copies }) => `${incident?.slice(-13, -1)} x${copies}`)
      .toSorted();
  }

  it('go out once the group wait is over, one per incident', async () => {
    await recordAnomalies(one, [event(0), event(60), event(400)], log);
    clock.nowMs += GROUP_WAIT_MS - 1;
    assert.equal(await sendDueMails(one, log), 0);
    clock.nowMs += 1;
    assert.equal(await sendDueMails(one, log), 2);

    assert.deepEqual(mails(), ['18:05:30.000 x1', '18:12:10.000 x1']);
    const [mail] = mailbox.list().filter(({ subject }) => subject.includes('2 anomalies'));
    const content = await mailbox.read(mail?.id ?? '');
    assert.match(content?.text ?? '', /18:06:30 {2}spike 91\.4 °F/);
    assert.match(content?.html ?? '', /p-value 3\.1e-8/);
  });

  it('are not repeated for events delivered again, before or after the mail', async () => {
    await recordAnomalies(one, [event(0), event(0), event(10)], log);
    clock.nowMs += GROUP_WAIT_MS - 1_000;
    await recordAnomalies(two, [event(20), event(10), event(0)], log);
    clock.nowMs += 1_000;
    assert.equal(await sendDueMails(one, log), 1);
    await recordAnomalies(one, [event(0), event(10), event(200)], log);
    clock.nowMs += 10 * GROUP_WAIT_MS;
    assert.equal(await sendDueMails(two, log), 0);

    assert.deepEqual(mails(), ['18:05:30.000 x1']);
    assert.deepEqual(await one.pending.list(), []);
  });

  it('are sent once when two instances look at the same moment', async () => {
    const minutes = Array.from({ length: 25 }, (_, index) => event(index * 400));
    await recordAnomalies(one, minutes, log);
    clock.nowMs += GROUP_WAIT_MS;
    const sent = await Promise.all([sendDueMails(one, log), sendDueMails(two, log)]);

    assert.equal(sent[0] + sent[1], 25);
    assert.equal(mails().length, 25);
    assert.ok(mails().every((mail) => mail.endsWith('x1')));
  });

  it('keep the start of an incident that was claimed while an earlier anomaly came in', async () => {
    await recordAnomalies(one, [event(60)], log);
    clock.nowMs += GROUP_WAIT_MS;
    const outdated = await two.incidents.view(meterId(), clock.nowMs, clock.nowMs);
    assert.equal(await sendDueMails(one, log), 1);
    await recordAnomalies(two, [event(0)], log);

    const startMs = Date.parse('2026-11-22T18:05:30Z');
    assert.equal(await two.incidents.claim(outdated, [startMs], clock.nowMs), undefined);
    clock.nowMs += GROUP_WAIT_MS;
    assert.equal(await sendDueMails(two, log), 0);
    assert.deepEqual(mails(), ['18:06:30.000 x1']);
  });

  it('wait while the mail server is away and go out when it is back', async () => {
    await recordAnomalies(one, [event(0)], log);
    clock.nowMs += GROUP_WAIT_MS;
    await mailbox.stop();
    assert.equal(await sendDueMails(one, log), 0);
    assert.equal(await sendDueMails(one, log), 0);
    mailbox = await openMailbox(local.settings);
    clock.nowMs += 60_000;
    assert.equal(await sendDueMails(one, log), 1);

    assert.deepEqual(mails(), ['18:05:30.000 x1']);
    const told = log.lines.map((line) => JSON.stringify(line)).join('\n');
    assert.match(told, /mail not sent, it will be tried again.*127\.0\.0\.1:\d+ did not take/);
  });

  it('show hostile ids as text and cannot gain headers from them', async () => {
    const id = `<img src=x onerror=alert(1)>\r\nBcc: all@example.com\u0000${meter}`;
    await recordAnomalies(one, [event(0, { id, gateway: '"><b>gw</b>\r\nX-A: 1' })], log);
    clock.nowMs += GROUP_WAIT_MS;
    assert.equal(await sendDueMails(one, log), 1);

    const [mail] = mailbox.list().filter(({ incident }) => incident?.startsWith('%3Cimg'));
    assert.ok(mail);
    assert.match(mail.subject, /^Spike at <img src=x onerror=alert\(1\)>/);
    assert.equal(mail.to, 'operator@example.com');
    const content = await mailbox.read(mail.id);
    assert.ok(content?.html);
    assert.ok(!/<img|<b>gw/.test(content.html));
    const names = content.headers.map(({ name }) => name);
    assert.ok(!names.includes('bcc') && !names.includes('x-a'));
  });

  it('lose nothing to malformed events, which are kept apart with their reason', async () => {
    const broken = { ...(event(0) as object), temp: null, note: meterId() };
    await recordAnomalies(one, [broken, 'no json {', event(1), broken], log);
    clock.nowMs += GROUP_WAIT_MS;

    assert.equal(await sendDueMails(one, log), 1);
    const refused = await refusedRows(local, clock.nowMs - GROUP_WAIT_MS);
    assert.equal(refused.length, 2);
    assert.ok(refused.some(({ reason }) => /temp/.test(reason)));
    assert.ok(refused.some(({ content }) => content.includes('no json {')));
  });

  it('are not held up by a refused event of any content', async () => {
    const cut = `no json ${'x'.repeat(16_384 - 10)}😀😀 \u0000 \ud83d`;
    await recordAnomalies(one, [cut, '\ud83d\u0000\u0001', `[😀\u0000${cut}`], log);

    assert.equal((await refusedRows(local, clock.nowMs)).length, 3);
  });

  it('of meters whose ids look alike in storage keys stay apart', async () => {
    const ids = [`a/b${meter}`, `a\\b${meter}`, `a_002fb${meter}`, `A/b${meter}`, '测'.repeat(128)];
    await recordAnomalies(
      one,
      ids.map((id) => event(0, { id })),
      log,
    );
    clock.nowMs += GROUP_WAIT_MS;

    assert.equal(await sendDueMails(one, log), ids.length);
  });

  it('keep up with thousands of anomalies that arrive at once', async () => {
    const backlog = Array.from({ length: 2_000 }, (_, index) =>
      event(index * 3, { id: `Backlog${index % 10}` }),
    );
    const startedAt = performance.now();
    for (let at = 0; at < backlog.length; at += 256) {
      await recordAnomalies(one, backlog.slice(at, at + 256), log);
    }
    clock.nowMs += GROUP_WAIT_MS;
    const sent = await sendDueMails(one, log);
    const seconds = (performance.now() - startedAt) / 1_000;

    // Eleven readings 30 s apart lie within five minutes.
    assert.equal(sent, 10 * Math.ceil(200 / 11));
    assert.deepEqual(await one.pending.list(), []);
    assert.ok(seconds < 10, `took ${seconds} s`);
  });
});

async function refusedRows(
  { settings }: TestSettings,
  atMs: number,
): Promise<{ reason: string; content: string }[]> {
  const table = TableClient.fromConnectionString(
    storageConnectionString(settings),
    'refusedevents',
    { allowInsecureConnection: true },
  );
  const rows: { reason: string; content: string }[] = [];
  for await (const row of table.listEntities<{ at: string; reason: string; content: string }>()) {
    if (row.at === new Date(atMs).toISOString()) rows.push(row);
  }
  return rows;
}
