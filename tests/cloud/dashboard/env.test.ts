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

  const faults: [what: string, variables: Record<string, string>, says: RegExp][] = [
    ['a port that is none', { PORT: 'http' }, /PORT/],
    ['to be shown to everybody', { HOST: '0.0.0.0' }, /AUTHENTICATION is missing.*0\.0\.0\.0/],
    ['half a SQL login', { SQL_SERVER: 'lab', SQL_USER: 'me' }, /SQL_USER and SQL_PASSWORD/],
  ];
  for (const [what, variables, says] of faults) {
    it(`refuses ${what}`, () => {
      assert.throws(() => readEnv({ ...REQUIRED, ...variables }), says);
    });
  }

  it('reads event hubs with the managed identity where there is no connection string', () => {
    const namespace = 'lab.servicebus.windows.net';
    const env = readEnv({ HOT_PATH_NAMESPACE: namespace, ALERTS_NAMESPACE: namespace });
    assert.deepEqual(env.alerts, { namespace, hub: 'alerts', consumerGroup: 'dashboard' });
  });

  it('is open on this machine, and asks for a sign-in in App Service', () => {
    assert.equal(readEnv(REQUIRED).authentication, 'none');
    const inAzure = { ...REQUIRED, HOST: '0.0.0.0', WEBSITE_SITE_NAME: 'lab-dashboard' };
    assert.equal(readEnv(inAzure).authentication, 'easy-auth');
    assert.equal(readEnv({ ...inAzure, AUTHENTICATION: 'none' }).authentication, 'none');
  });

  it('has a history only where there is a database', () => {
    assert.equal(readEnv(REQUIRED).sql, undefined);
    assert.deepEqual(readEnv({ ...REQUIRED, SQL_SERVER: 'lab.database.windows.net' }).sql, {
      server: 'lab.database.windows.net',
      port: 1_433,
      database: 'smart-meters',
    });
  });
});
