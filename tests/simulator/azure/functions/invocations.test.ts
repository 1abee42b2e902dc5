import assert from 'node:assert/strict';
import { InvocationRecorder } from '../../../../simulator/azure/functions/invocations.ts';
import { withoutSecrets } from '../../../../simulator/wire/without-secrets.ts';

function recorder(outcome: () => void): InvocationRecorder {
  return new InvocationRecorder({
    name: 'sendMails',
    trigger: { name: 'timer', type: 'timerTrigger' },
    metadata: { name: 'sendMails', bindings: {} },
    invoke: async () => {
      outcome();
      return {};
    },
  });
}

describe('record of invocations', () => {
  it('counts invocations and failures, the newest first', async () => {
    let fails = false;
    const target = recorder(() => {
      if (fails) throw new Error('SharedAccessKey=abc= refused');
    });
    await target.invoke({ inputData: [] }, 3);
    fails = true;
    await assert.rejects(target.invoke({ inputData: [] }, 2));

    const { invocations, failures, recent } = target.status();
    assert.deepEqual([invocations, failures], [2, 1]);
    assert.deepEqual(
      recent.map(({ events, ok, error }) => [events, ok, error]),
      [
        [2, false, 'SharedAccessKey=[secret] refused'],
        [3, true, null],
      ],
    );
  });

  it('shows only the latest of timer calls in a row that went well', async () => {
    const target = recorder(() => undefined);
    for (let call = 0; call < 200; call += 1) await target.invoke({ inputData: [] }, 0);

    assert.equal(target.status().invocations, 200);
    assert.equal(target.status().recent.length, 1);
  });

  it('keeps keys of connection strings out of messages', () => {
    assert.equal(
      withoutSecrets('DefaultEndpointsProtocol=http;AccountKey=a/b+c==;BlobEndpoint=http://x'),
      'DefaultEndpointsProtocol=http;AccountKey=[secret];BlobEndpoint=http://x',
    );
  });
});
