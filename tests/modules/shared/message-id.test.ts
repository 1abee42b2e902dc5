import assert from 'node:assert/strict';
import fc from 'fast-check';
import { countInMessage, messageIdOf } from '../../../modules/shared/src/message-id.ts';

const LONGEST_ID = 'm'.repeat(128);

describe('a message id', () => {
  it('says what the message is about', () => {
    assert.equal(
      messageIdOf('average', 'Meter07', '2026-11-22T18:05:00Z', 'r0'),
      'average/Meter07/2026-11-22T18:05:00Z/r0',
    );
  });

  it('is whole up to the length that IoT Hub takes, and never longer', () => {
    assert.equal(messageIdOf('a', 'b'.repeat(126)), `a/${'b'.repeat(126)}`);
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 300 })), (parts) => {
        assert.ok(messageIdOf(...parts).length <= 128);
      }),
    );
  });

  it('says how many readings or results the message holds', () => {
    const counts = {
      'reading/Meter07/5': 1,
      'telemetry/gateway-01/10-29': 20,
      'upload/gateway-01/10-99-45': 45,
      'average/Meter07/2026-11-22T18:05:00Z/r0': 1,
      'average/Meter07/2026-11-22T18:05:00Z/r12+7': 8,
      'anomaly/Meter 1-9/3-4': 1,
    };
    for (const [id, count] of Object.entries(counts)) assert.equal(countInMessage(id), count, id);
  });

  it('of the longest meters is the same for the same content, and another for any other', () => {
    const ids = [0, 1, 2].flatMap((revision) =>
      ['a', 'b'].map((last) => messageIdOf('average', LONGEST_ID + last, `r${revision}`)),
    );

    assert.equal(new Set(ids).size, 6);
    assert.equal(ids[0], messageIdOf('average', `${LONGEST_ID}a`, 'r0'));
    assert.match(ids[0] ?? '', /^average\/m+\/[0-9a-f]{64}$/);
  });
});
