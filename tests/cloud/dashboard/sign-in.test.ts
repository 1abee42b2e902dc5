import assert from 'node:assert/strict';
import type { RunningDashboard } from '../../../cloud/dashboard/server/dashboard.ts';
import { signedInAs } from '../../../cloud/dashboard/server/sign-in.ts';
import { testSettings, type TestSettings } from '../../support/settings.ts';
import { startTestDashboard } from './sample-hubs.ts';

/** What App Service adds to a request of somebody who has signed in. */
function easyAuth(claims: Record<string, string>): Record<string, string> {
  const principal = {
    auth_typ: 'aad',
    claims: Object.entries(claims).map(([typ, val]) => ({ typ, val })),
    name_typ: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
    role_typ: 'http://schemas.microsoft.com/ws/2008/06/identity/claims/role',
  };
  return {
    'x-ms-client-principal': Buffer.from(JSON.stringify(principal)).toString('base64'),
    'x-ms-client-principal-name': 'ada@example.com',
    'x-ms-client-principal-id': '00000000-0000-0000-0000-000000000001',
    'x-ms-client-principal-idp': 'aad',
  };
}

const ADA = easyAuth({ name: 'Ada Lovelace', preferred_username: 'ada@example.com' });

describe('sign-in to the dashboard', function () {
  this.timeout(20_000);
  let test: TestSettings;
  let dashboard: RunningDashboard | undefined;

  beforeEach(async () => {
    test = await testSettings();
  });

  afterEach(async () => {
    await dashboard?.stop();
    await test.cleanup();
  });

  const start = async (authentication: string) => {
    dashboard = await startTestDashboard(test.settings, { AUTHENTICATION: authentication });
    return dashboard.url;
  };

  it('is read from what App Service says of a person', () => {
    assert.equal(signedInAs(ADA), 'Ada Lovelace');
    assert.equal(signedInAs(easyAuth({ oid: '1' })), 'ada@example.com');
  });

  const nobody: [what: string, principal: string | undefined][] = [
    ['no header', undefined],
    ['an empty header', ''],
    ['what is no base64 of JSON', 'Ada'],
    ['a principal without claims', Buffer.from('{"claims":[]}').toString('base64')],
  ];
  for (const [what, principal] of nobody) {
    it(`is nobody’s for ${what}`, () => {
      assert.equal(signedInAs({ ...ADA, 'x-ms-client-principal': principal }), undefined);
    });
  }

  it('must be there when it is asked for: nothing but the health check is served without', async () => {
    const url = await start('easy-auth');
    for (const path of ['/', '/events', '/api/snapshot', '/api/session', '/icon.svg', '/nothing']) {
      const response = await fetch(`${url}${path}`);
      assert.equal(response.status, 401, path);
      assert.match(await response.text(), /Nobody is signed in/);
    }
    const health = await fetch(`${url}/health`);
    assert.deepEqual(await health.json(), { status: 'ok' });
  });

  it('names who is looking, and shows the way out', async () => {
    const url = await start('easy-auth');
    assert.equal((await fetch(url, { headers: ADA })).status, 200);
    const session = await fetch(`${url}/api/session`, { headers: ADA });
    assert.deepEqual(await session.json(), {
      signedInAs: 'Ada Lovelace',
      signOutUrl: '/.auth/logout?post_logout_redirect_uri=/',
    });
  });

  it('is not needed on a laptop, where its headers mean nothing', async () => {
    const url = await start('none');
    const session = await fetch(`${url}/api/session`, { headers: ADA });
    assert.deepEqual(await session.json(), { signedInAs: null, signOutUrl: null });
  });
});
