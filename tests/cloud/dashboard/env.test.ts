import assert from 'node:assert/strict';
import { readEnv } from '../../../cloud/dashboard/server/env.ts';

const CONNECTION = 'Endpoint=sb://ns.example/;SharedAccessKeyName=n;SharedAccessKey=c2VjcmV0';

const REQUIRED = {
  HOT_PATH_CONNECTION_STRING: CONNECTION,
  ALERTS_CONNECTION_STRING: CONNECTION,
};

describe('dashboard environment', () => {
  it('has a default for everything but the connection strings', () => {
    const env = readEnv(REQUIRED);

    assert.deepEqual(env.hotPath, {
      connectionString: CONNECTION,
      hub: 'hot-path',
      consumerGroup: 'dashboard',
    });
    assert.equal(env.alerts.hub, 'alerts');
    assert.equal(env.host, '127.0.0.1');
    assert.equal(env.port, 8_080);
  });

  it('names every variable that is missing', () => {
    assert.throws(
      () => readEnv({}),
      /HOT_PATH_CONNECTION_STRING is missing.*ALERTS_CONNECTION_STRING is missing/,
    );
  });

  it('names a malformed variable but never its value', () => {
    const wrong = { ...REQUIRED, ALERTS_CONNECTION_STRING: 'SharedAccessKey=c2VjcmV0' };

    assert.throws(
      () => readEnv(wrong),
      (error) =>
        error instanceof Error &&
        error.message.includes('ALERTS_CONNECTION_STRING does not begin') &&
        !error.message.includes('c2VjcmV0'),
    );
  });

  it('refuses a port that is none', () => {
    assert.throws(() => readEnv({ ...REQUIRED, PORT: 'http' }), /PORT/);
  });
});
