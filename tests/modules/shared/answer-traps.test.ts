/** Answers and messages that the SDK stumbles over, made to come to it. */
import assert from 'node:assert/strict';
import { startClient, type StartedClient } from '../../support/edge-client-process.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { MisbehavingEdgeHub } from '../../support/misbehaving-edge-hub.ts';

const TWIN = '{"desired":{"$version":4,"a":1},"reported":{"$version":1}}';

describe('a module is not ended, and goes on, when', function () {
  this.timeout(20_000);
  let hub: MisbehavingEdgeHub;
  let clock: FakeClock;
  let started: StartedClient | undefined;

  beforeEach(async () => {
    clock = new FakeClock();
    hub = await MisbehavingEdgeHub.start();
  });
  afterEach(async () => {
    await started?.stop();
    await hub.stop();
  });

  const start = async (): Promise<StartedClient> => {
    started = await startClient(hub.environment, clock);
    return started;
  };
  /** Time goes on until something holds. */
  const inTheEnd = (assertion: () => void) =>
    eventually(async () => {
      await clock.advance(500);
      assertion();
    });

  const badTwins = {
    'is refused without a body': { status: 400, body: '' },
    'fails without a body': { status: 500, body: '' },
    'is answered with nothing': { status: 200, body: '' },
    'is answered with half a document': { status: 200, body: '{"desired":{' },
    'is answered with something else': { status: 200, body: '"sorry"' },
    'is not answered': undefined,
  };
  for (const [title, answer] of Object.entries(badTwins)) {
    it(`its twin request ${title}`, async () => {
      hub.manners.twinGet = answer;
      const { client, desired } = await start();
      await inTheEnd(() => assert.ok(hub.twinRequests >= 2));
      await client.send({ output: 'out', messageId: 'm', properties: {}, body: '{}' });
      assert.deepEqual(desired, []);

      hub.manners.twinGet = { status: 200, body: TWIN };
      await inTheEnd(() => assert.deepEqual(desired, [{ version: 4, properties: { a: 1 } }]));
      assert.equal(hub.connects.length, 1);
    });
  }

  it('edgeHub does not answer for the twin for minutes: then it dials anew', async () => {
    hub.manners.twinGet = undefined;
    hub.onConnect = () => {
      if (hub.connects.length === 2) hub.manners.twinGet = { status: 200, body: TWIN };
    };
    await start();
    while (hub.connects.length < 2) {
      const requests = hub.twinRequests;
      await eventually(async () => {
        await clock.advance(2_000);
        assert.ok(hub.twinRequests > requests || hub.connects.length > 1);
      });
      await clock.advance(8_000);
    }
    await inTheEnd(() => assert.equal(started?.desired.length, 1));

    assert.equal(hub.connects.length, 2);
    assert.ok(hub.twinRequests > 7, `${hub.twinRequests} twin requests`);
  });

  const badReports = {
    'is refused without a body': { status: 400, body: '' },
    'fails without a body': { status: 500, body: '' },
    'is not answered': undefined,
  };
  for (const [title, answer] of Object.entries(badReports)) {
    it(`what it reports ${title}, and knows that it was not taken`, async () => {
      hub.manners.reported = answer;
      const { client, desired } = await start();
      await inTheEnd(() => assert.equal(desired.length, 1));
      const failed = assert.rejects(client.report({ a: 1 }), { code: 'NOT_CONNECTED' });
      if (answer === undefined) await clock.advance(10_000);
      await failed;

      hub.manners.reported = { status: 204, body: '' };
      await client.report({ a: 1 });
    });
  }

  for (const body of ['', '{"a":', '[1]', '7']) {
    it(`a change of the twin is '${body}': it reads the whole twin`, async () => {
      const { desired } = await start();
      await inTheEnd(() => assert.equal(desired.length, 1));
      await inTheEnd(() => assert.ok(hub.subscribed.some((topic) => topic.includes('/desired/'))));
      hub.manners.twinGet = { status: 200, body: TWIN };
      hub.patchDesired(body);

      await inTheEnd(() => assert.equal(desired.at(-1)?.version, 4));
    });
  }

  it('an input has properties that cannot be decoded: they come as they are', async () => {
    const { inputs } = await start();
    await inTheEnd(() => assert.ok(hub.subscribed.some((topic) => topic.endsWith('/inputs/#'))));
    hub.input('a=%ZZ&b=%FF', '{"c":1}', 7);
    await eventually(() => assert.equal(inputs.length, 1));

    assert.deepEqual(inputs[0]?.properties, { a: '%ZZ', b: '%FF' });
    assert.equal(inputs[0]?.body, '{"c":1}');
  });

  it('a direct method is called with something that is not JSON: it is refused', async () => {
    await start();
    await inTheEnd(() => assert.ok(hub.subscribed.some((topic) => topic.includes('/methods/'))));
    hub.invoke('echo', '{"a":');

    await eventually(() => assert.match(hub.published.at(-1) ?? '', /methods\/res\/400/));
  });

  for (const [title, code] of [
    ['is refused', 128],
    ['is not answered', undefined],
  ] as const) {
    it(`a subscription ${title}: it dials anew until it has all`, async () => {
      hub.manners.suback = code;
      const { desired } = await start();
      await inTheEnd(() => assert.ok(hub.connects.length >= 2));

      hub.manners.suback = 1;
      await inTheEnd(() => assert.ok(desired.length > 0));
      await inTheEnd(() => assert.equal(new Set(hub.subscribed).size, 4));
    });
  }

  it('it sends a large message, of which the SDK makes no text many times its size', async () => {
    const { client, desired } = await start();
    await inTheEnd(() => assert.equal(desired.length, 1));
    const body = JSON.stringify('x'.repeat(200_000));
    let longest = 0;
    const { stringify } = JSON;
    const measured = (...parts: Parameters<typeof stringify>) => {
      const text: string | undefined = Reflect.apply(stringify, JSON, parts);
      longest = Math.max(longest, text?.length ?? 0);
      return text;
    };
    Reflect.set(JSON, 'stringify', measured);
    try {
      await client.send({ output: 'out', messageId: 'm', properties: {}, body });
    } finally {
      Reflect.set(JSON, 'stringify', stringify);
    }
    assert.ok(longest > body.length, 'the SDK does not print the message any more');
    assert.ok(longest < 1.1 * body.length, `${longest} characters`);
  });
});
