import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { InputMessage } from '../../../modules/shared/src/edge-client.ts';
import { FailedTakes } from '../../../modules/shared/src/failed-takes.ts';
import { InputQueue } from '../../../modules/shared/src/input-queue.ts';

const MIB = 1_048_576;

const message = (input: string, body: string): InputMessage => ({
  input,
  body,
  messageId: undefined,
  properties: {},
  acknowledge: () => {},
});

/** What one transaction after the other gets. */
function groupsOf(queue: InputQueue): InputMessage[][] {
  const groups: InputMessage[][] = [];
  while (!queue.isEmpty) groups.push(queue.take());
  return groups;
}

describe('input queue', () => {
  it('gives a transaction at least one message, and no more than two mebibytes of several', () => {
    const queue = new InputQueue(new FailedTakes());
    for (const mebibytes of [3, 1, 1, 1, 3]) queue.add(message('in', 'x'.repeat(mebibytes * MIB)));

    const sizes = groupsOf(queue).map((group) => group.map(({ body }) => body.length / MIB));
    assert.deepEqual(sizes, [[3], [1, 1], [1], [3]]);
    assert.deepEqual(queue.take(), []);
  });

  it('lets urgent input go before what arrived earlier', () => {
    const queue = new InputQueue(new FailedTakes(), ['anomalies']);
    for (const index of [1, 2, 3]) queue.add(message('telemetry', `${index}`.repeat(MIB)));
    queue.add(message('anomalies', 'spike'));

    const [first] = groupsOf(queue);
    assert.deepEqual(
      first?.map(({ body }) => body[0]),
      ['s', '1'],
    );
  });

  it('keeps the order of each input, whatever is urgent, large or under suspicion', () => {
    const arrival = fc.record({
      input: fc.constantFrom('anomalies', 'telemetry'),
      form: fc.constantFrom('small', 'large', 'suspect'),
    });
    fc.assert(
      fc.property(fc.array(arrival, { maxLength: 20 }), (arrivals) => {
        const failedTakes = new FailedTakes();
        const queue = new InputQueue(failedTakes, ['anomalies']);
        const messages = arrivals.map(({ input, form }, index) => {
          const one = message(input, `${index}`.padEnd(form === 'large' ? MIB : 4));
          if (form === 'suspect') failedTakes.note(one, true);
          return one;
        });
        for (const one of messages) queue.add(one);
        const groups = groupsOf(queue);

        for (const input of ['anomalies', 'telemetry']) {
          const isOfInput = (one: InputMessage) => one.input === input;
          const taken = groups.flat().filter(isOfInput);
          const arrived = messages.filter(isOfInput);
          assert.ok(
            taken.length === arrived.length && taken.every((one, at) => one === arrived[at]),
          );
        }
        const isCrowded = (group: InputMessage[]) =>
          group.length > 1 && group.some((one) => failedTakes.isSuspect(one));
        assert.ok(!groups.some(isCrowded));
      }),
      { numRuns: 30 },
    );
  });
});
