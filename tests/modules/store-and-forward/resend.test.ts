import assert from 'node:assert/strict';
import type { OutputMessage } from '../../../modules/shared/src/edge-client.ts';
import { storeAndForward } from '../../../modules/store-and-forward/src/store-and-forward.ts';
import { settled } from '../../support/fake-clock.ts';
import { FakeModule } from '../../support/fake-module.ts';

const BASE_MS = Date.parse('2026-06-01T11:00:00Z');
const iso = (seconds: number) => new Date(BASE_MS + seconds * 1_000).toISOString();
const reading = (seq: number) => ({ id: 'Meter01', time: iso(seq), temp: 70 + (seq % 7), seq });
const average = (minute: number) => ({
  id: 'Meter01',
  windowStart: iso(minute * 60 - 300),
  windowEnd: iso(minute * 60),
  average: 70,
  minimum: 69,
  maximum: 71,
  count: 30,
  revision: 0,
});
const anomaly = (seq: number) => ({
  id: 'Meter01',
  time: iso(seq),
  seq,
  temp: 90,
  direction: 'spike',
  score: 1e-8,
  confidence: 99.99,
  historySize: 120,
  usual: 70,
  recent: [[iso(seq), 90]],
});
const loss = (seq: number) => ({
  lostKind: 'telemetry',
  from: iso(seq),
  to: iso(seq),
  count: 1,
  reason: 'not a reading',
});
const CONFIG = { maxDelaySeconds: 1, maxMessageBytes: 4_096 };
const EVERYTHING = { from: '2000-01-01T00:00:00Z', to: '2100-01-01T00:00:00Z' };

describe('resend', function () {
  this.timeout(10_000);
  let module: FakeModule<typeof storeAndForward.schema.shape>;
  let first: readonly OutputMessage[];
  const byId = (messages: readonly OutputMessage[]) =>
    messages
      .map(({ output, messageId, properties, body }) => ({ output, messageId, properties, body }))
      .toSorted((a, b) => (a.messageId < b.messageId ? -1 : 1));
  const ofKind = (...kinds: string[]) =>
    byId(first.filter(({ properties }) => kinds.includes(properties['kind'] ?? '')));
  const resend = (payload: unknown) => module.client.invoke('resend', payload);

  /** All that is sent while so much time goes by. */
  async function sentIn(seconds: number): Promise<OutputMessage[]> {
    const before = module.client.sent.length;
    await module.clock.advance(seconds * 1_000);
    return byId(module.client.sent.slice(before));
  }

  beforeEach(async () => {
    module = new FakeModule(storeAndForward);
    module.client.connect(CONFIG);
    await settled();
    for (let minute = 0; minute < 20; minute += 1) {
      const seconds = Array.from({ length: 60 }, (_, second) => reading(minute * 60 + second));
      await module.client.deliver('telemetry', seconds);
      await module.client.deliver('averages', average(minute));
      if (minute % 5 === 0) {
        await module.client.deliver('anomalies', anomaly(minute * 60));
        await module.client.deliver('ledger', loss(minute * 60));
      }
    }
    await module.clock.advance(60_000);
    first = [...module.client.sent];
    assert.equal(module.status()['backlogReadings'], 0);
  });

  afterEach(() => module.end());

  it('sends everything of a period again, letter for letter and with the same ids', async () => {
    const delivered = module.status()['delivered'];
    const { status, payload } = resend(EVERYTHING);

    assert.equal(status, 200);
    assert.equal((payload as { messages: number }).messages, first.length);
    assert.deepEqual(await sentIn(90), byId(first));
    assert.deepEqual((await sentIn(60)).length, 0);
    assert.equal(module.status()['delivered'], delivered, 'delivered once, whoever asks again');
  });

  it('sends only what tells of the period, and of the kinds', async () => {
    const [from, to] = [iso(300), iso(600)];
    const times = (body: string) =>
      (JSON.parse(body) as { time: string }[]).map(({ time }) => Date.parse(time));
    const inside = ofKind('telemetry').filter(({ body }) =>
      times(body).some((atMs) => atMs >= Date.parse(from) && atMs <= Date.parse(to)),
    );
    const { payload } = resend({ from, to, kinds: ['telemetry'] });
    assert.ok(inside.length > 0 && inside.length < ofKind('telemetry').length);
    assert.equal((payload as { messages: number }).messages, inside.length);
    assert.deepEqual(await sentIn(60), inside);

    resend({ ...EVERYTHING, kinds: ['anomaly', 'ledger'] });
    assert.deepEqual(await sentIn(60), ofKind('anomaly', 'ledger'));
    resend({ ...EVERYTHING, kinds: ['average'] });
    assert.deepEqual(await sentIn(60), ofKind('average'));
  });

  it('finds averages by their window', async () => {
    resend({ from: iso(899), to: iso(899), kinds: ['average'] });

    const windows = (await sentIn(60)).map(
      ({ body }) => (JSON.parse(body) as { windowEnd: string }).windowEnd,
    );
    assert.deepEqual(
      windows.toSorted(),
      [15, 16, 17, 18, 19].map((minute) => iso(minute * 60)),
    );
  });

  it('can be asked again and again: what went twice is kept and counted once', async () => {
    const { forwardedReadings, deliveredMessages } = module.status();
    for (let time = 0; time < 3; time += 1) {
      assert.equal(resend(EVERYTHING).status, 200);
      assert.equal((await sentIn(90)).length, first.length);
    }

    assert.equal(module.status()['forwardedReadings'], forwardedReadings);
    assert.equal(module.status()['deliveredMessages'], deliveredMessages);
    assert.equal(module.status()['backlogReadings'], 0);
  });

  it('goes on where it was after a restart', async () => {
    resend(EVERYTHING);
    const before = await sentIn(3);
    assert.ok(before.length > 0 && before.length < first.length);
    await module.restart();
    module.client.connect(CONFIG);
    await sentIn(90);

    const all = new Map(
      [...before, ...byId(module.client.sent)].map((message) => [message.messageId, message]),
    );
    assert.deepEqual(byId([...all.values()]), byId(first));
    assert.deepEqual((module.status()['resend'] as { isRunning: boolean }).isRunning, false);
  });

  it('refuses a second period while one is being sent', async () => {
    resend(EVERYTHING);
    await sentIn(1);
    const { status, payload } = resend(EVERYTHING);

    assert.equal(status, 409);
    assert.match(JSON.stringify(payload), /another period is being sent again/);
    await sentIn(90);
    assert.equal(resend(EVERYTHING).status, 200);
  });

  it('says plainly what is wrong with what it was asked', () => {
    const wrong: [unknown, RegExp][] = [
      [null, /expected object/],
      ['yesterday', /expected object/],
      [{}, /from must be an instant, ISO 8601/],
      [{ from: '2026-06-01', to: iso(0) }, /from must be an instant, ISO 8601/],
      [{ from: iso(0) }, /to must be an instant, ISO 8601/],
      [{ from: iso(1), to: iso(0) }, /from must not be later than to/],
      [{ ...EVERYTHING, kinds: ['readings'] }, /must be of telemetry, average, anomaly, ledger/],
      [{ ...EVERYTHING, kinds: [] }, /kinds/],
      [{ ...EVERYTHING, until: iso(0) }, /until/],
    ];
    for (const [payload, reason] of wrong) {
      const answer = resend(payload);
      assert.equal(answer.status, 400);
      assert.match((answer.payload as { reason: string }).reason, reason);
    }
    assert.equal(module.status()['resend'], null);
  });

  it('has nothing to send of a period of which nothing is kept', async () => {
    const { status, payload } = resend({
      from: '2030-01-01T00:00:00Z',
      to: '2031-01-01T00:00:00Z',
    });

    assert.deepEqual([status, (payload as { messages: number }).messages], [200, 0]);
    assert.deepEqual(await sentIn(30), []);
    assert.equal((module.status()['resend'] as { isRunning: boolean }).isRunning, false);
  });
});
