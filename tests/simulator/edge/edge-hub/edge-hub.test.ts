import assert from 'node:assert/strict';
import devicePackage from 'azure-iot-device';
import { eventually } from '../../../support/eventually.ts';
import { into } from '../support/manifest.ts';
import { TestGateway, textOf, type Received } from '../support/test-gateway.ts';

const { Message } = devicePackage;
type Message = InstanceType<typeof Message>;

const MANIFEST = {
  modules: ['source', 'sink', 'up'],
  routes: {
    leaves: `FROM /messages/* WHERE NOT IS_DEFINED($connectionModuleId) ${into('sink', 'leaves')}`,
    readings: `FROM /messages/modules/source/outputs/readings ${into('sink', 'readings')}`,
    hot: `FROM /messages/modules/source/outputs/filtered WHERE kind = 'hot' ${into('sink', 'hot')}`,
    soon: {
      route: "FROM /messages/modules/up/outputs/* WHERE kind = 'soon' INTO $upstream",
      priority: 0,
    },
    late: {
      route: "FROM /messages/modules/up/outputs/* WHERE kind = 'late' INTO $upstream",
      priority: 1,
    },
  },
};

function message(body: unknown, properties: Record<string, string> = {}): Message {
  const made = new Message(JSON.stringify(body));
  for (const [key, value] of Object.entries(properties)) made.properties.add(key, value);
  made.contentType = 'application/json';
  made.contentEncoding = 'utf-8';
  return made;
}

function properties({ properties: list }: Message): Record<string, string> {
  const entries = Array.from({ length: list.count() }, (_, index) => list.getItem(index));
  return Object.fromEntries(entries.map(({ key, value }) => [key, value]));
}

describe('edgeHub with Microsoft’s clients', function () {
  this.timeout(20_000);
  let gateway: TestGateway;

  before(async () => {
    gateway = await TestGateway.start(MANIFEST);
  });
  afterEach(() => gateway.closeClients());
  after(() => gateway.stop());

  async function connected(): Promise<string[]> {
    const status = (await gateway.control.get('/status')) as { clients: { id: string }[] };
    return status.clients.map(({ id }) => id);
  }

  /** Opens the module `sink`; gives the list of what its inputs get. */
  async function sink(): Promise<Received[]> {
    const received: Received[] = [];
    await gateway.module('sink', { received });
    return received;
  }

  it('routes an output to an input with its properties, and says who sent it', async () => {
    const received = await sink();
    const source = await gateway.module('source');
    const sent = message({ a: 1 }, { 'odd/key': 'a b&c=d', kind: 'x' });
    sent.messageId = 'id/1';
    sent.correlationId = 'c 1';

    await source.sendOutputEvent('readings', sent);

    await eventually(() => assert.equal(received.length, 1));
    const [{ input, message: got } = assert.fail()] = received;
    assert.equal(input, 'readings');
    assert.equal(textOf(got), '{"a":1}');
    assert.equal(got.messageId, 'id/1');
    assert.equal(got.correlationId, 'c 1');
    assert.equal(got.contentType, 'application/json');
    assert.deepEqual(properties(got), {
      'odd/key': 'a b&c=d',
      kind: 'x',
      '$.cdid': 'gateway-01',
      '$.cmid': 'source',
    });
  });

  it('filters by condition and acknowledges what nobody wants', async () => {
    const received = await sink();
    const source = await gateway.module('source');

    await source.sendOutputEvent('filtered', message('cold', { kind: 'cold' }));
    await source.sendOutputEvent('nowhere', message('lost'));
    await source.sendOutputEvent('filtered', message('hot', { kind: 'hot' }));

    await eventually(() => assert.equal(received.length, 1));
    assert.equal(textOf(received[0]?.message), '"hot"');
  });

  it('keeps what a module that is not there has missed, and delivers it in order', async () => {
    const source = await gateway.module('source');
    const numbers = Array.from({ length: 200 }, (_, index) => index);
    await Promise.all(numbers.map((n) => source.sendOutputEvent('readings', message(n))));

    const received = await sink();

    await eventually(() => assert.equal(received.length, 200));
    assert.deepEqual(
      received.map((r) => Number(textOf(r.message))),
      numbers,
    );
    await eventually(async () => assert.equal(await gateway.queued('sink/readings'), 0));
  });

  it('takes a meter that is a child of the gateway, offline too once it is known', async () => {
    const received = await sink();
    const key = await gateway.createDevice('Meter01');
    const meter = await gateway.leaf('Meter01', key);
    await meter.open();
    await meter.sendEvent(message('online'));
    await meter.close();
    await gateway.cutLink();
    try {
      const again = await gateway.leaf('Meter01', key);
      await again.open();
      await again.sendEvent(message('offline'));
    } finally {
      await gateway.mendLink();
    }

    await eventually(() => assert.equal(received.length, 2));
    assert.deepEqual(properties(received[1]?.message ?? assert.fail()), { '$.cdid': 'Meter01' });
  });

  it('refuses a meter that is not a child, and takes it once it has been adopted', async () => {
    const key = await gateway.createDevice('Meter02', false);
    const stranger = await gateway.leaf('Meter02', key);
    await assert.rejects(stranger.open(), { name: 'UnauthorizedError' });

    await gateway.adopt('Meter02');
    await gateway.control.post('/scope/refresh');

    await (await gateway.leaf('Meter02', key)).open();
  });

  it('refuses a wrong key', async () => {
    await gateway.createDevice('Meter03');
    const wrong = await gateway.leaf('Meter03', Buffer.from('wrong').toString('base64'));

    await assert.rejects(wrong.open(), { name: 'UnauthorizedError' });
  });

  it('ends the connection of a meter that is no longer its child', async () => {
    const key = await gateway.createDevice('Meter04');
    const meter = await gateway.leaf('Meter04', key);
    await meter.open();
    assert.ok((await connected()).includes('Meter04'));

    await gateway.azure.control.post('/devices/Meter04/parent', { parent: null });
    await gateway.control.post('/scope/refresh');

    assert.ok(!(await connected()).includes('Meter04'));
  });

  it('serves a module that is started with EdgeHubConnectionString', async () => {
    const received = await sink();
    const environment = {
      EdgeHubConnectionString: gateway.connectionString('source'),
      EdgeModuleCACertificateFile: gateway.azure.certificates.caFile,
    };
    const source = await gateway.module('source', { environment });

    await source.sendOutputEvent('readings', message('from a string'));

    await eventually(() => assert.equal(received.length, 1));
  });

  it('sends upstream through a cut link nothing lost, in order, lower priority numbers first', async () => {
    const up = await gateway.module('up');
    const send = (body: string, kind: string) => {
      const made = message(body, { kind });
      made.messageId = body;
      return up.sendOutputEvent('out', made);
    };
    await send('before', 'late');
    await eventually(async () => assert.equal((await gateway.events()).length, 1));
    await gateway.cutLink();
    const late = Array.from({ length: 150 }, (_, index) => `late ${index}`);
    await Promise.all(late.map((body) => send(body, 'late')));
    await send('soon', 'soon');
    assert.equal(await gateway.queued('iothub'), 151);

    await gateway.mendLink();

    await eventually(async () => assert.equal((await gateway.events()).length, 152));
    const ids = (await gateway.events()).map(({ messageId }) => messageId ?? '');
    assert.deepEqual(
      ids.filter((id) => id.startsWith('late')),
      late,
    );
    assert.ok(ids.indexOf('soon') < ids.indexOf('late 149'));
    await eventually(async () => assert.equal(await gateway.queued('iothub'), 0));
  });

  it('shows queue lengths as Prometheus metrics', async () => {
    const source = await gateway.module('source');
    await source.sendOutputEvent('readings', message('waits'));

    const response = await fetch(
      `http://127.0.0.1:${gateway.settings.ports.edgeHubMetrics}/metrics`,
    );
    const text = await response.text();

    assert.match(
      text,
      /^edgehub_queue_length\{.*endpoint="gateway-01\/sink\/readings",priority="2000000000"\} 1$/m,
    );
    assert.match(text, /^edgehub_queue_length\{.*endpoint="iothub",priority="1"\} 0$/m);
    await sink();
    await eventually(async () => assert.equal(await gateway.queued('sink/readings'), 0));
  });
});
