import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';
import { z } from 'zod';
import type { DurableCore } from '../../../modules/shared/src/durable-core.ts';
import type { Effects } from '../../../modules/shared/src/effects.ts';
import type { InputMessage } from '../../../modules/shared/src/edge-client.ts';
import type { ModuleDefinition } from '../../../modules/shared/src/module-definition.ts';
import { settled } from '../../support/fake-clock.ts';
import { FakeModule } from '../../support/fake-module.ts';

const Schema = z.object({ suffix: z.string().max(5).default('!') });

/** Sends every body on with a suffix, and counts its transactions. */
class Echo implements DurableCore<z.infer<typeof Schema>> {
  transactions = 0;
  #suffix: string;
  #bodies: string[] = [];

  constructor(suffix: string) {
    this.#suffix = suffix;
  }

  configure({ suffix }: z.infer<typeof Schema>): void {
    this.#suffix = suffix;
  }

  take(message: InputMessage, effects: Effects): void {
    effects.counters.received += 1;
    if (message.body === '"poison"') effects.quarantine(message, 'poison', 'x'.repeat(10_000));
    else this.#bodies.push(message.body);
  }

  settle(effects: Effects): void {
    this.transactions += 1;
    for (const body of this.#bodies.splice(0)) {
      effects.send({
        priority: body.includes('urgent') ? 0 : 2,
        output: 'echo',
        messageId: `echo/${body}`,
        properties: {},
        body: JSON.stringify(`${body}${this.#suffix}`),
      });
    }
  }

  due(): boolean {
    return false;
  }
}

describe('durable module', function () {
  this.timeout(10_000);
  let core = new Echo('');
  const definition: ModuleDefinition<typeof Schema.shape> = {
    databaseName: 'echo.db',
    migrations: [],
    schema: Schema,
    start: (_context, { suffix }) => (core = new Echo(suffix)),
  };
  let module: FakeModule<typeof Schema.shape>;

  /** What another process finds on disk. */
  const onDisk = (sql: string): unknown => {
    const database = new Sqlite(module.databasePath, { readonly: true });
    const result: unknown = database.prepare(sql).pluck().get();
    database.close();
    return result;
  };

  beforeEach(() => {
    module = new FakeModule(definition);
    module.client.withholds = true;
    module.client.connect();
  });

  afterEach(() => module.end());

  it('acknowledges an input only after the commit that holds its effect', async () => {
    let rowsAtAcknowledgement: unknown;
    module.client.onAcknowledge = () => {
      rowsAtAcknowledgement = onDisk('SELECT COUNT(*) FROM outbox');
    };
    const delivery = module.client.offer('in', 'a');
    assert.equal(delivery.acknowledged, false);
    await settled();

    assert.equal(delivery.acknowledged, true);
    assert.equal(rowsAtAcknowledgement, 1);
  });

  it('puts all input that arrived meanwhile into one transaction', async () => {
    await settled();
    const before = core.transactions;
    const deliveries = ['a', 'b', 'c'].map((body) => module.client.offer('in', body));
    await settled();

    assert.ok(deliveries.every(({ acknowledged }) => acknowledged));
    assert.equal(core.transactions, before + 1);
  });

  it('never waits for a send', async () => {
    await module.client.deliver('in', 'a');
    const delivery = await module.client.deliver('in', 'b');

    assert.equal(delivery.acknowledged, true);
    assert.equal(module.client.sent.length, 2);
  });

  it('keeps a message until edgeHub has acknowledged it, also across a restart', async () => {
    await module.client.deliver('in', 'a');
    await module.restart();
    module.client.withholds = true;
    module.client.connect();
    await settled();
    assert.deepEqual(module.client.bodies('echo'), ['a!']);
    assert.equal(module.status()['outboxRows'], 1);

    await module.client.release();
    assert.equal(module.status()['outboxRows'], 0);
    assert.equal(onDisk('SELECT COUNT(*) FROM outbox'), 0);
    assert.equal(module.status()['sent'], 1);
  });

  it('forgets what was sent along with the next input while there is much of it, or soon', async () => {
    module.client.withholds = false;
    for (let number = 0; number < 100; number += 1) {
      await module.client.deliver('in', `"${number}"`);
    }
    const waiting = Number(onDisk('SELECT COUNT(*) FROM outbox'));
    const { transactions } = core;
    await module.clock.advance(250);

    assert.equal(module.client.sent.length, 100);
    assert.ok(transactions < 140, `${transactions} transactions`);
    assert.ok(waiting > 0);
    assert.equal(onDisk('SELECT COUNT(*) FROM outbox'), 0);
  });

  it('sends again what failed, when a connection stands again', async () => {
    module.client.fails = true;
    await module.client.deliver('in', 'a');
    await module.client.deliver('in', 'b');
    module.client.fails = false;
    module.client.withholds = false;
    module.client.connect();
    await settled();

    assert.deepEqual(module.client.bodies('echo'), ['a!', 'b!']);
    assert.equal(module.status()['outboxRows'], 0);
    assert.ok(Number(module.status()['resent']) > 0);
  });

  it('lets the lower priority number leave first', async () => {
    module.client.fails = true;
    await module.client.deliver('in', 'later');
    await module.client.deliver('in', 'urgent');
    module.client.fails = false;
    module.client.connect();
    await settled();

    assert.deepEqual(module.client.bodies('echo'), ['urgent!', 'later!']);
  });

  it('sends a backlog of thousands in order, with many in flight', async () => {
    module.client.fails = true;
    const bodies = Array.from({ length: 1_000 }, (_, index) => String(index));
    for (const body of bodies) module.client.offer('in', body);
    await settled();
    module.client.fails = false;
    module.client.connect();
    await settled();
    assert.equal(module.client.sent.length, 120);

    await module.client.release();
    while (Number(module.status()['outboxRows']) > 0) await settled();
    assert.deepEqual(
      module.client.sent.map(({ messageId }) => messageId),
      bodies.map((body) => `echo/${JSON.stringify(body).slice(1, -1)}`),
    );
  });

  it('sends what is urgent at once, however many others are not acknowledged', async () => {
    for (let index = 0; index < 500; index += 1) module.client.offer('in', String(index));
    await settled();
    const before = module.client.sent.length;
    await module.client.deliver('in', 'urgent');

    assert.equal(module.client.sent.length, before + 1);
    assert.equal(module.client.sent.at(-1)?.messageId, 'echo/urgent');
  });

  it('lets a message that fails hold up its own priority only', async () => {
    await settled();
    module.client.withholds = false;
    module.client.refuses = ({ messageId }) => messageId === 'echo/bad';
    await module.client.deliver('in', 'bad');
    await module.client.deliver('in', 'behind it');
    await module.client.deliver('in', 'urgent');
    assert.deepEqual(module.client.bodies('echo'), ['urgent!']);

    module.client.refuses = () => false;
    await module.clock.advance(1_000);
    assert.deepEqual(module.client.bodies('echo'), ['urgent!', 'bad!', 'behind it!']);
    assert.equal(module.status()['resent'], 1);
  });

  it('counts what it committed, across restarts', async () => {
    await module.client.deliver('in', 'a');
    await module.restart();
    module.client.connect();
    await module.client.deliver('in', 'b');

    assert.equal(module.status()['received'], 2);
  });

  it('acknowledges what it cannot use, after putting a limited part of it aside', async () => {
    const delivery = await module.client.deliver('in', '"poison"');

    assert.equal(delivery.acknowledged, true);
    assert.equal(module.status()['quarantined'], 1);
    assert.equal(onDisk('SELECT LENGTH(body) FROM quarantine'), 4_096);
    assert.equal(onDisk('SELECT sender FROM quarantine'), 'gateway-01/tester');
  });

  it('keeps the good configuration across a restart without a twin', async () => {
    module.client.handlers.desired({ version: 2, properties: { suffix: '?' } });
    await module.restart();
    module.client.handlers.connected();
    await module.client.deliver('in', 'a');

    assert.deepEqual(module.client.bodies('echo'), ['a?']);
  });

  it('keeps the good configuration and says so when a desired property is bad', async () => {
    module.client.handlers.desired({
      version: 7,
      properties: { suffix: 'far too long', other: 1 },
    });

    assert.deepEqual(module.client.reports.at(-1), {
      suffix: {
        value: '!',
        ac: 400,
        av: 7,
        ad: 'Too big: expected string to have <=5 characters',
      },
      other: { value: null, ac: 400, av: 7, ad: 'no such property' },
    });
  });

  it('answers ping', () => {
    assert.deepEqual(module.client.invoke('ping'), { status: 200, payload: { pong: true } });
  });
});

describe('durable module that was never configured', function () {
  this.timeout(10_000);
  it('holds its input until its twin is known, or ten seconds have passed', async () => {
    const start = () =>
      new FakeModule({
        databaseName: 'echo.db',
        migrations: [],
        schema: Schema,
        start: (_context, { suffix }) => new Echo(suffix),
      });
    const configured = start();
    const unconfigured = start();
    for (const { client } of [configured, unconfigured]) client.handlers.connected();
    const first = await configured.client.deliver('in', 'a');
    const second = await unconfigured.client.deliver('in', 'a');
    assert.deepEqual([first.acknowledged, second.acknowledged], [false, false]);

    configured.client.handlers.desired({ version: 1, properties: { suffix: '?' } });
    await unconfigured.clock.advance(10_000);
    await settled();
    assert.deepEqual(configured.client.bodies('echo'), ['a?']);
    assert.deepEqual(unconfigured.client.bodies('echo'), ['a!']);
    await Promise.all([configured.end(), unconfigured.end()]);
  });
});
