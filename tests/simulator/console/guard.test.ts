import assert from 'node:assert/strict';
import { request, type OutgoingHttpHeaders } from 'node:http';
import { startTestConsole, type TestConsole } from './test-console.ts';

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

describe('console requests', function () {
  this.timeout(20_000);
  let console: TestConsole;

  before(async () => {
    console = await startTestConsole();
  });

  after(() => console.stop());

  /** Unlike fetch, this sends whatever Host and Origin the test wants. */
  const send = (
    method: string,
    path: string,
    headers: OutgoingHttpHeaders = {},
    body = '',
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const call = request(`${console.url}${path}`, { method, headers }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
      });
      call.on('error', reject);
      call.end(body);
    });

  const post = (headers: OutgoingHttpHeaders, path = '/api/link') =>
    send('POST', path, headers, JSON.stringify({ command: 'cut' }));

  const own = () => ({ origin: console.url, 'content-type': 'application/json' });

  it('change something when they come from its own page as JSON', async () => {
    const { status } = await post(own());

    assert.equal(status, 200);
    assert.deepEqual(console.system.calls.pop()?.path, 'link /cut');
  });

  it('are taken under the name localhost too', async () => {
    const host = `localhost:${console.settings.ports.console}`;

    assert.equal((await post({ ...own(), host, origin: `http://${host}` })).status, 200);
    console.system.calls.length = 0;
  });

  for (const [fault, status, headers] of [
    ['from another site', 403, { origin: 'http://evil.example' }],
    ['from another port of this machine', 403, { origin: 'http://127.0.0.1:1' }],
    ['without an origin', 403, { origin: undefined }],
    ['of a form', 415, { 'content-type': 'application/x-www-form-urlencoded' }],
    ['of plain text', 415, { 'content-type': 'text/plain' }],
    ['whose type only begins like JSON', 415, { 'content-type': 'application/jsonp' }],
    ['for another host', 421, { host: 'rebound.example' }],
  ] as const) {
    it(`change nothing when they are ${fault}`, async () => {
      const merged: NodeJS.Dict<string> = { ...own(), ...headers };
      const given = Object.entries(merged).filter(([, value]) => value !== undefined);
      const answer = await post(Object.fromEntries(given));

      assert.equal(answer.status, status);
      assert.deepEqual(console.system.calls, []);
    });
  }

  it('read nothing for another host', async () => {
    for (const path of ['/', '/api/mails', '/api/events', '/api/archive']) {
      assert.equal((await send('GET', path, { host: 'rebound.example' })).status, 421, path);
    }
  });

  it('get the group key only as its own page, and uncached', async () => {
    const path = '/api/enrollment-group/key';
    const { status, text, headers } = await send('POST', path, own(), '{}');
    const key = console.settings.secrets.enrollmentGroupKey;

    assert.equal(status, 200);
    assert.ok(text.includes(key));
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal((await send('POST', path, { ...own(), origin: 'null' }, '{}')).status, 403);
    assert.equal((await send('GET', path)).status, 404);
  });

  it('are refused with a sentence when the body is not what it should be', async () => {
    const body = JSON.stringify({ id: 'Meter01', command: 'explode' });
    const { status, text } = await send('POST', '/api/meters', own(), body);

    assert.equal(status, 400);
    assert.match(text, /command/);
  });

  it('pass on why a process refuses', async () => {
    const body = JSON.stringify({ id: 'Meter03', command: 'connect' });
    const { status, text } = await send('POST', '/api/meters', own(), body);

    assert.equal(status, 409);
    assert.match(text, /not a child of gateway-01/);
  });

  it('reach a meter of any name', async () => {
    const id = '../../link/cut?x=<b>';
    const body = JSON.stringify({ id, command: 'spike' });
    const { status } = await send('POST', '/api/meters', own(), body);

    assert.equal(status, 200);
    const path = `meters /meters/${encodeURIComponent(id)}/spike`;
    assert.equal(console.system.calls.pop()?.path, path);
  });

  it('get a policy that lets nothing from elsewhere run', async () => {
    const { headers } = await send('GET', '/');

    assert.match(String(headers['content-security-policy']), /default-src 'none'/);
    assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
  });

  it('get a mail under a policy in which nothing runs at all', async () => {
    const { headers, text } = await send('GET', '/api/mails/0123456789abcdef0123456789abcdef/html');

    assert.match(
      String(headers['content-security-policy']),
      /^sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'/,
    );
    assert.doesNotMatch(
      String(headers['content-security-policy']),
      /allow-(scripts|same-origin|forms)/,
    );
    assert.match(text, /<h1>Spike<\/h1>/);
    assert.equal((await send('GET', '/api/mails/%2e%2e%2fsettings.json/html')).status, 404);
  });
});
