import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import {
  EventQueue,
  type ReceivedMessage,
} from '../../../../simulator/azure/stream-analytics/live/event-queue.ts';
import { event } from './events.ts';

const LARGEST_BODY = 256 * 1024;

function message(sequenceNumber: number, bytes: number): ReceivedMessage {
  const events = [event({})];
  const place = { alias: 'a', partitionId: '0', sequenceNumber };
  return { ...place, events, bytes, conversionErrors: 0 };
}

/** Puts messages of `bytes` until one is made to wait; gives how many that were. */
async function putUntilItWaits(queue: EventQueue, bytes: number): Promise<number> {
  for (let count = 1; ; count += 1) {
    let hasRoom = false;
    void queue.put([message(count, bytes)]).then(() => (hasRoom = true));
    // Room is given within a turn of the microtasks; without it nothing happens until some is taken.
    for (let turn = 0; turn < 4; turn += 1) await Promise.resolve();
    if (!hasRoom) return count;
  }
}

describe('the queue of a job', () => {
  it('makes receivers wait by what messages weigh, few large ones or many small', async () => {
    assert.ok((await putUntilItWaits(new EventQueue(), LARGEST_BODY)) < 100);
    assert.equal(await putUntilItWaits(new EventQueue(), 80), 10_000);
  });

  it('lets them go on, in order, when what waits was taken', async () => {
    const queue = new EventQueue();
    const count = await putUntilItWaits(queue, LARGEST_BODY);
    const waiting = queue.put([message(count + 1, 80)]).then(() => 'room');
    const order = [];
    while (queue.size > 0) {
      order.push(...queue.take(10_000).map(({ sequenceNumber }) => sequenceNumber));
    }
    assert.equal(await waiting, 'room');
    assert.deepEqual(
      order,
      Array.from({ length: count + 1 }, (_, index) => index + 1),
    );
  });
});
