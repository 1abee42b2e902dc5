import assert from 'node:assert/strict';
import type { Mailbox } from '../../../simulator/azure/mailbox/mailbox.ts';
import { recordAnomalies } from '../../../cloud/function/src/record-anomalies.ts';
import { sendDueMails } from '../../../cloud/function/src/send-due-mails.ts';
import type { Services } from '../../../cloud/function/src/services.ts';
import { startAzurite, type Azurite } from '../../support/azurite.ts';
import { testSettings, type TestSettings } from '../../support/settings.ts';
import {
  alertEvent,
  CLEAR_AFTER_MS,
  GROUP_WAIT_MS,
  memoryLog,
  openInstance,
  openMailbox,
  UPDATE_MS,
  type TestClock,
} from './support.ts';

const log = memoryLog();

describe('mails of the Function', function () {
  this.timeout(60_000);
  const clock: TestClock = { nowMs: 0 };
  let local: TestSettings;
  let azurite: Azurite;
  let mailbox: Mailbox;
  let one: Services;
  let two: Services;
  let test = 0;

  before(async () => {
    local = await testSettings();
    azurite = await startAzurite(local.settings);
    mailbox = await openMailbox(local.settings);
    one = await openInstance(local.settings, clock);
    two = await openInstance(local.settings, clock);
  });

  // A gateway and a day of its own for each test: storage is shared, as in Azure.
  beforeEach(async () => {
    test += 1;
    clock.nowMs = Date.parse('2026-11-22T19:00:00Z') + test * 86_400_000;
    // The incidents of the test before end with their all-clears.
    await sendDueMails(one, log);
  });

  after(async () => {
    one.transport.close();
    two.transport.close();
    await mailbox.stop();
    await azurite.stop();
    await local.cleanup();
  });

  const gateway = (): string => `gateway-${test}`;

  /** An event of now, `second` seconds earlier. */
  function event(second: number, overrides: Record<string, unknown> = {}): unknown {
    const time = new Date(clock.nowMs - second * 1_000).toISOString();
    return alertEvent({ gateway: gateway(), time, seq: 1_000 + second, ...overrides });
  }

  function mails(site = gateway()) {
    return mailbox
      .list()
      .filter(({ incident }) => incident?.startsWith(`${encodeURIComponent(site)}/`))
      .toReversed();
  }

  async function headersOf(id: string): Promise<ReadonlyMap<string, string>> {
    const content = await mailbox.read(id);
    return new Map(content?.headers.map(({ name, value }) => [name.toLowerCase(), value]));
  }

  async function kindsOf(site = gateway()): Promise<(string | undefined)[]> {
    const all = await Promise.all(mails(site).map(({ id }) => headersOf(id)));
    return all.map((headers) => headers.get('x-alert-kind'));
  }

  it('go out once the group wait is over, one for all meters of the site', async () => {
    await recordAnomalies(one, [event(0), event(0, { id: 'Meter08' }), event(9)], log);
    clock.nowMs += GROUP_WAIT_MS - 1;
    assert.equal(await sendDueMails(one, log), 0);
    clock.nowMs += 1;
    assert.equal(await sendDueMails(one, log), 1);

    const [mail] = mails();
    assert.ok(mail);
    const content = await mailbox.read(mail.id);
    assert.match(content?.text ?? '', /Meter07/);
    assert.match(content?.text ?? '', /Meter08/);
    assert.match((await headersOf(mail.id)).get('x-anomalies') ?? '', /^3 [0-9a-f]{12}$/);
  });

  it('of an incident are one thread, from the first to the all-clear', async () => {
    await recordAnomalies(one, [event(0)], log);
    clock.nowMs += GROUP_WAIT_MS;
    await sendDueMails(one, log);
    await recordAnomalies(two, [event(0, { id: 'Meter08' })], log);
    clock.nowMs += UPDATE_MS;
    await sendDueMails(two, log);
    clock.nowMs += CLEAR_AFTER_MS;
    await sendDueMails(one, log);
    clock.nowMs += 86_400_000;
    assert.equal(await sendDueMails(one, log), 0);

    assert.deepEqual(await kindsOf(), ['first', 'update', 'all-clear']);
    const [first, update, allClear] = await Promise.all(mails().map(({ id }) => headersOf(id)));
    const ids = [first, update].map((headers) => headers?.get('message-id'));
    assert.equal(first?.get('in-reply-to'), undefined);
    assert.equal(update?.get('in-reply-to'), ids[0]);
    assert.equal(allClear?.get('in-reply-to'), ids[1]);
    assert.deepEqual(allClear?.get('references')?.split(/\s+/), ids);
    assert.equal(new Set(mails().map(({ incident }) => incident)).size, 1);
  });

  it('are not repeated for events delivered again, before the mail, after it, or a week later', async () => {
    const [a, b, c] = [event(0), event(10), event(20)];
    await recordAnomalies(one, [a, a, b], log);
    clock.nowMs += GROUP_WAIT_MS - 1_000;
    await recordAnomalies(two, [c, b, a], log);
    clock.nowMs += 1_000;
    assert.equal(await sendDueMails(one, log), 1);
    await recordAnomalies(one, [a, b, c], log);
    clock.nowMs += CLEAR_AFTER_MS;
    assert.equal(await sendDueMails(two, log), 1);
    clock.nowMs += 7 * 86_400_000;
    await recordAnomalies(two, [c, b, a], log);
    clock.nowMs += CLEAR_AFTER_MS;
    assert.equal(await sendDueMails(two, log), 0);

    const headers = await Promise.all(mails().map(({ id }) => headersOf(id)));
    const counts = headers.map((header) => header.get('x-anomalies')?.split(' ')[0]);
    assert.deepEqual(counts, ['3', '0']);
  });

  it('go to the people of the site, also for meters that have no gateway', async () => {
    const sites = JSON.stringify([
      { id: gateway(), name: 'Cellar', recipients: ['cellar@example.com', 'night@example.com'] },
      { id: `roof-${test}`, recipients: ['roof@example.com'], meters: [`Roof-${test}`] },
    ]);
    const settled = await openInstance(local.settings, clock, { SITES: sites });
    const direct = event(0, { id: `Roof-${test}`, gateway: null });
    const other = event(0, { gateway: `other-${test}` });
    await recordAnomalies(settled, [event(0), direct, other], log);
    clock.nowMs += GROUP_WAIT_MS;
    assert.equal(await sendDueMails(settled, log), 3);
    settled.transport.close();

    assert.deepEqual(
      [gateway(), `roof-${test}`, `other-${test}`].map((site) => mails(site)[0]?.to),
      ['cellar@example.com, night@example.com', 'roof@example.com', 'operator@example.com'],
    );
    assert.match(mails()[0]?.subject ?? '', /Cellar|Meter07/);
  });

  it('about late anomalies are one digest, apart from incidents', async () => {
    const backlog = Array.from({ length: 300 }, (_, index) => event(3_600 + index * 10));
    await recordAnomalies(one, backlog, log);
    clock.nowMs += GROUP_WAIT_MS;
    assert.equal(await sendDueMails(one, log), 0);
    clock.nowMs += UPDATE_MS;
    assert.equal(await sendDueMails(one, log), 1);
    clock.nowMs += 86_400_000;
    assert.equal(await sendDueMails(one, log), 0);

    assert.deepEqual(await kindsOf(), ['late-digest']);
  });

  it('are sent once when two instances look at the same moment', async () => {
    const sites = Array.from({ length: 10 }, (_, index) => `twin-${test}-${index}`);
    const events = sites.flatMap((site) => [
      event(0, { gateway: site }),
      event(1, { gateway: site }),
    ]);
    await Promise.all([one, two].map((instance) => recordAnomalies(instance, events, log)));
    clock.nowMs += GROUP_WAIT_MS;
    // Who loses a race leaves the site to the other, or to the next tick.
    let sent = 0;
    for (let tick = 0; tick < 3; tick += 1) {
      const counts = await Promise.all([sendDueMails(one, log), sendDueMails(two, log)]);
      sent += counts[0] + counts[1];
      clock.nowMs += 1_000;
    }

    assert.equal(sent, 10);
    const copies = sites.flatMap((site) => mails(site).map((mail) => mail.copies));
    assert.deepEqual(
      copies,
      sites.map(() => 1),
    );
  });

  it('are sent once when another instance is quicker with what this one has made out', async () => {
    const { sites } = one;
    const slow: Services = {
      ...one,
      sites: {
        load: (id) => sites.load(id),
        recorded: (...args) => sites.recorded(...args),
        unsaved: (id) => sites.unsaved(id),
        saved: (...args) => sites.saved(...args),
        count: (...args) => sites.count(...args),
        mailPlace: (id) => sites.mailPlace(id),
        claim: (...args) => sites.claim(...args),
        finish: (...args) => sites.finish(...args),
        makeOut: async (...args) => {
          const made = await sites.makeOut(...args);
          assert.equal(await sendDueMails(two, log), 1);
          return made;
        },
      },
    };
    await recordAnomalies(one, [event(0)], log);
    clock.nowMs += GROUP_WAIT_MS;
    assert.equal(await sendDueMails(slow, log), 0);

    assert.deepEqual(
      mails().map(({ copies }) => copies),
      [1],
    );
  });

  it('wait while the mail server is away and go out when it is back, one per site', async () => {
    await recordAnomalies(one, [event(0)], log);
    clock.nowMs += GROUP_WAIT_MS;
    await mailbox.stop();
    for (let minute = 0; minute < 12; minute += 1) {
      await recordAnomalies(one, [event(minute, { id: `Meter${minute}` })], log);
      assert.equal(await sendDueMails(one, log), 0);
      clock.nowMs += 60_000;
    }
    mailbox = await openMailbox(local.settings);
    clock.nowMs += 600_000;
    assert.equal(await sendDueMails(one, log), 1);
    assert.equal(await sendDueMails(one, log), 0);

    assert.equal(mails().length, 1);
    const told = log.lines.map((line) => JSON.stringify(line)).join('\n');
    assert.match(told, /mail not sent, it will be tried again.*127\.0\.0\.1:\d+ did not take/);
  });

  it('show hostile ids as text and cannot gain headers from them', async () => {
    const id = `<img src=x onerror=alert(1)>\r\nBcc: all@example.com\u0000${test}`;
    const site = '"><b>gw</b>\r\nX-A: 1';
    await recordAnomalies(one, [event(0, { id, gateway: site })], log);
    clock.nowMs += GROUP_WAIT_MS;
    assert.equal(await sendDueMails(one, log), 1);

    const [mail] = mails(site);
    assert.ok(mail);
    assert.ok(mail.subject.includes('"><b>gw</b>'));
    assert.equal(mail.to, 'operator@example.com');
    const content = await mailbox.read(mail.id);
    assert.ok(content?.html);
    assert.ok(!/<img src=x|<b>gw/.test(content.html));
    const names = content.headers.map(({ name }) => name);
    assert.ok(!names.includes('bcc') && !names.includes('x-a'));
  });

  it('of sites whose ids look alike in storage keys stay apart', async () => {
    const ids = [`a/b${test}`, `a\\b${test}`, `a_002fb${test}`, `A/b${test}`, '测'.repeat(128)];
    await recordAnomalies(
      one,
      ids.map((id) => event(0, { gateway: id, id })),
      log,
    );
    clock.nowMs += GROUP_WAIT_MS;

    assert.equal(await sendDueMails(one, log), ids.length);
  });
});
