import assert from 'node:assert/strict';
import fc from 'fast-check';
import rhea from 'rhea';
import { readDelivery, BATCH_FORMAT } from '../../../../simulator/azure/event-hubs/event-batch.ts';
import {
  decodeEvent,
  encodeDelivery,
  encodeEvent,
  offsetOf,
  sequenceNumberAtOffset,
  type NewEvent,
} from '../../../../simulator/azure/event-hubs/event.ts';

const names = fc.stringMatching(/^[a-z][a-z-]{0,20}$/);
const instants = fc.date({
  min: new Date(0),
  max: new Date('2100-01-01T00:00:00Z'),
  noInvalidDate: true,
});
const events: fc.Arbitrary<NewEvent> = fc.record(
  {
    body: fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes)),
    properties: dictionary(fc.string({ unit: 'grapheme', maxLength: 300 })),
    annotations: dictionary(
      fc.oneof(
        fc.string({ unit: 'grapheme', maxLength: 300 }),
        fc.maxSafeInteger(),
        fc.double({ noNaN: true, noInteger: true }),
        instants,
      ),
    ),
    messageId: fc.string(),
    correlationId: fc.string(),
    contentType: fc.stringMatching(/^[a-z/]{0,300}$/),
    contentEncoding: fc.stringMatching(/^[a-z0-9-]{0,20}$/),
  },
  { requiredKeys: ['body', 'properties', 'annotations'] },
);

function dictionary<T>(values: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> {
  return fc.dictionary(names, values, { maxKeys: 5, noNullPrototype: true });
}

describe('event', () => {
  it('is the same after it was encoded and decoded', () => {
    fc.assert(
      fc.property(events, fc.nat(), instants, (event, sequenceNumber, enqueued) => {
        const enqueuedMs = enqueued.getTime();
        const decoded = decodeEvent({ ...encodeEvent(event), sequenceNumber, enqueuedMs });
        const offset = offsetOf(sequenceNumber);
        assert.deepEqual(decoded, { ...event, sequenceNumber, offset, enqueuedMs });
      }),
    );
  });

  it('is the same after an AMQP library put it in a batch', () => {
    fc.assert(
      fc.property(events, fc.string({ minLength: 1 }), (event, partitionKey) => {
        const single = { ...encodeEvent(event), sequenceNumber: 0, enqueuedMs: 0 };
        const { message } = rhea;
        const batch = message.encode({
          message_annotations: { 'x-opt-partition-key': partitionKey },
          body: message.data_sections([encodeDelivery(single)]),
        });

        const incoming = readDelivery(batch, BATCH_FORMAT);
        const [taken] = incoming.events.map((each) =>
          decodeEvent({ ...each, sequenceNumber: 0, enqueuedMs: 0 }),
        );
        assert.equal(incoming.partitionKey, partitionKey);
        assert.deepEqual(taken, { ...decodeEvent(single), partitionKey });
      }),
    );
  });

  it('has an offset from which its sequence number can be told', () => {
    fc.assert(
      fc.property(fc.nat(), (sequenceNumber) => {
        assert.equal(sequenceNumberAtOffset(Number(offsetOf(sequenceNumber))), sequenceNumber);
      }),
    );
    assert.equal(sequenceNumberAtOffset(Number(offsetOf(-1))), -1);
  });

  it('is refused, not misread, when bytes of its batch are missing or wrong', () => {
    const { message } = rhea;
    const event = encodeEvent({ body: Buffer.from('x'), properties: { a: 'b' }, annotations: {} });
    const inner = encodeDelivery({ ...event, sequenceNumber: 0, enqueuedMs: 0 });
    const batch = message.encode({ body: message.data_sections([inner]) });
    fc.assert(
      fc.property(fc.nat(batch.length - 1), fc.nat(255), (at, byte) => {
        const damaged = Buffer.from(batch);
        damaged[at] = byte;
        for (const bytes of [damaged, batch.subarray(0, at)]) {
          try {
            readDelivery(bytes, BATCH_FORMAT);
          } catch (error) {
            assert.ok(error instanceof Error && 'code' in error, String(error));
            assert.equal(error.code, 'MALFORMED_MESSAGE');
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
