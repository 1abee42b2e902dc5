import assert from 'node:assert/strict';
import { once } from 'node:events';
import rhea, { type AmqpError, type EventContext, type Receiver, type Sender } from 'rhea';
import type { Settings } from '../../../../simulator/wire/settings.ts';
import { BATCH_FORMAT } from '../../../../simulator/azure/event-hubs/event-batch.ts';
import { startTestEventHubs, type TestEventHubs } from '../../../support/event-hubs.ts';
import { textEvent } from '../../../support/events.ts';
import { connectRaw, sendRaw, type RawAmqp } from '../../../support/raw-amqp.ts';
import { testSettings, type TestSettings } from '../../../support/settings.ts';

const READER = 'hot-path/ConsumerGroups/$Default/Partitions/0';

describe('event hubs on AMQP', function () {
  this.timeout(20_000);
  let test: TestSettings;
  let settings: Settings;
  let hubs: TestEventHubs;
  let amqp: RawAmqp;

  beforeEach(async () => {
    test = await testSettings();
    settings = test.settings;
    hubs = await startTestEventHubs(settings);
    amqp = await connectRaw(settings);
  });

  afterEach(async () => {
    await amqp.close();
    await hubs.stop();
    await test.cleanup();
  });

  const producer = async (): Promise<Sender> => {
    await amqp.claim('hot-path/Partitions/0');
    return (await amqp.openSender({ target: { address: 'hot-path/Partitions/0' } })) as Sender;
  };
  const conditionOf = (link: Sender | Receiver | AmqpError) =>
    'condition' in link ? link.condition : 'opened';

  it('opens no link without a claim for its entity', async () => {
    const target = { address: 'hot-path' };
    assert.equal(conditionOf(await amqp.openSender({ target })), 'amqp:unauthorized-access');
    assert.equal(await amqp.claim('alerts'), 202);
    assert.equal(conditionOf(await amqp.openSender({ target })), 'amqp:unauthorized-access');
    assert.equal(
      conditionOf(await amqp.openReceiver({ source: READER })),
      'amqp:unauthorized-access',
    );
    assert.equal(await amqp.claim('hot-path'), 202);
    assert.equal(conditionOf(await amqp.openSender({ target })), 'opened');
  });

  it('takes no token that has expired', async () => {
    assert.equal(await amqp.claim('hot-path', Math.floor(Date.now() / 1000) - 1), 401);
  });

  it('takes a message that is no batch', async () => {
    const message = rhea.message.encode({
      body: rhea.message.data_section(Buffer.from('single')),
      message_id: 'm-1',
      message_annotations: { 'x-opt-partition-key': 'Meter01', own: 'kept' },
    });

    assert.equal(await sendRaw(await producer(), message, 0), 'accepted');
    const [event] = hubs.eventLog.read('hot-path', '0', -1, 10);
    assert.deepEqual(
      [event?.body.toString(), event?.messageId, event?.partitionKey, event?.annotations],
      ['single', 'm-1', 'Meter01', { own: 'kept' }],
    );
  });

  it('gives bodies back in the form in which they were sent', async () => {
    const { message } = rhea;
    const bodies = [{ body: 42 }, { body: message.sequence_section([1, 'two']) }];
    const sender = await producer();
    for (const each of bodies) {
      const batch = message.encode({ body: message.data_sections([message.encode(each)]) });
      assert.equal(await sendRaw(sender, batch, BATCH_FORMAT), 'accepted');
    }
    await amqp.claim('hot-path');
    const receiver = (await amqp.openReceiver({ source: READER, credit_window: 0 })) as Receiver;

    receiver.add_credit(1);
    const [first] = (await once(receiver, 'message')) as [EventContext];
    receiver.add_credit(1);
    const [second] = (await once(receiver, 'message')) as [EventContext];
    assert.equal(first.message?.body, 42);
    const { content } = second.message?.body ?? {};
    assert.deepEqual(content, [1, 'two']);
  });

  it('sends no more than there is credit for', async () => {
    const events = Array.from({ length: 10 }, (_, index) => textEvent(String(index)));
    await hubs.eventLog.append('hot-path', { partitionId: '0' }, events);
    await amqp.claim('hot-path');
    const receiver = (await amqp.openReceiver({ source: READER, credit_window: 0 })) as Receiver;
    let received = 0;
    receiver.on('message', () => (received += 1));

    for (const expected of [3, 6]) {
      receiver.add_credit(3);
      await once(receiver, 'message');
      // A request and its answer travel behind whatever else was sent.
      await amqp.claim('alerts');
      assert.equal(received, expected);
    }
  });

  it('refuses what it cannot read, and appends nothing of it', async () => {
    const sender = await producer();
    const { message } = rhea;
    const batchOf = (bytes: Buffer) => message.encode({ body: message.data_sections([bytes]) });

    for (const bytes of [batchOf(Buffer.from('garbage')), Buffer.from('0053', 'hex')]) {
      assert.equal(await sendRaw(sender, bytes, BATCH_FORMAT), 'amqp:decode-error');
    }
    assert.equal(hubs.eventLog.partition('hot-path', '0').lastSequenceNumber, -1);
  });

  it('refuses more than a mebibyte', async () => {
    const sender = await producer();

    assert.equal(
      await sendRaw(sender, Buffer.alloc(1_048_577), BATCH_FORMAT),
      'amqp:link:message-size-exceeded',
    );
  });

  it('says that idempotent publishing is not supported', async () => {
    await amqp.claim('hot-path');
    const link = await amqp.openSender({
      target: { address: 'hot-path' },
      desired_capabilities: ['com.microsoft:idempotent-producer'],
    });

    assert.equal(conditionOf(link), 'amqp:not-implemented');
  });

  it('answers a filter that it does not understand', async () => {
    await amqp.claim('hot-path');
    const filter = { 'apache.org:selector-filter:string': "colour = 'blue'" };
    const link = await amqp.openReceiver({ source: { address: READER, filter } });

    assert.equal(conditionOf(link), 'com.microsoft:argument-error');
  });

  it('lets five readers without epoch read side by side, and no more', async () => {
    await amqp.claim('hot-path');
    const conditions = [];
    for (let reader = 0; reader < 6; reader += 1) {
      conditions.push(conditionOf(await amqp.openReceiver({ source: READER })));
    }

    assert.deepEqual(conditions, [
      ...Array.from({ length: 5 }, () => 'opened'),
      'amqp:resource-limit-exceeded',
    ]);
  });
});
