import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { startWorkloadApi } from '../../../../simulator/edge/workload-api/workload-api.ts';
import type { RunningService } from '../../../../simulator/wire/local-process.ts';
import { testSettings } from '../../../support/settings.ts';

const KEY = Buffer.from('key of module one');

describe('workload API', function () {
  this.timeout(10_000);
  let service: RunningService;
  let address: string;

  before(async () => {
    const { settings, cleanup } = await testSettings();
    await cleanup();
    address = `http://127.0.0.1:${settings.ports.workload}`;
    service = await startWorkloadApi({
      port: settings.ports.workload,
      trustBundlePem: 'PEM',
      sign: (moduleId, data) =>
        moduleId === '$one!' ? createHmac('sha256', KEY).update(data).digest('base64') : undefined,
    });
  });
  after(() => service.stop());

  function sign(moduleId: string, body: unknown): Promise<Response> {
    const path = `/modules/${encodeURIComponent(moduleId)}/genid/any/sign?api-version=2018-06-28`;
    return fetch(address + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  it('gives the trust bundle as JSON, as the SDK insists', async () => {
    const response = await fetch(`${address}/trust-bundle?api-version=2018-06-28`);

    assert.match(response.headers.get('content-type') ?? '', /application\/json/);
    assert.deepEqual(await response.json(), { certificate: 'PEM' });
  });

  it('signs with the key of the module, whatever the generation id', async () => {
    const data = Buffer.from('sr\n1');
    const response = await sign('$one!', {
      keyId: 'primary',
      algo: 'HMACSHA256',
      data: data.toString('base64'),
    });

    const digest = createHmac('sha256', KEY).update(data).digest('base64');
    assert.deepEqual(await response.json(), { digest });
  });

  it('answers an unknown module, a bad body and an unknown path with a message', async () => {
    const answers = [
      [await sign('other', { data: '' }), 404],
      [await sign('$one!', {}), 400],
      [await fetch(`${address}/modules`), 404],
    ] as const;
    for (const [response, status] of answers) {
      assert.equal(response.status, status);
      assert.match(((await response.json()) as { message: string }).message, /\w/);
    }
  });
});
