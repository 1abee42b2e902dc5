import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { routerPath } from '../../../../simulator/azure/functions/core/route-template.ts';
import { eventually } from '../../../support/eventually.ts';
import { testSettings } from '../../../support/settings.ts';

const SERVER = fileURLToPath(new URL('serving-app.ts', import.meta.url));
const PACKAGES = fileURLToPath(new URL('../../../../node_modules', import.meta.url));
const KEY = 'the-function-key';

const APP = `
app.http('echo', { route: 'things/{id?}', methods: ['GET', 'POST'], handler: async (request) => ({
  status: 201,
  headers: { 'x-own': 'yes', 'content-type': 'application/json' },
  body: JSON.stringify({
    method: request.method,
    url: request.url,
    id: request.params.id ?? null,
    color: request.query.get('color'),
    agent: request.headers.get('x-agent'),
    form: request.method === 'POST' ? (await request.formData()).get('name') : null,
  }),
}) });
app.http('byName', { handler: () => ({ jsonBody: { ok: true } }) });
app.http('locked', { authLevel: 'function', handler: () => ({ body: 'open' }) });
app.http('broken', { handler: () => { throw new Error('AccountKey=hidden; no'); } });
app.http('bytes', { handler: () => ({ body: Uint8Array.from([0, 255, 1]) }) });
`;

describe('HTTP triggers', function () {
  this.timeout(20_000);
  let folder: string;
  let server: ChildProcess;
  let output = '';
  let base: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'iot-end-to-end-'));
    await symlink(PACKAGES, join(folder, 'node_modules'));
    const { settings, cleanup } = await testSettings();
    await cleanup();
    base = `http://127.0.0.1:${settings.ports.functions}`;
    const [child, message] = await serve('app', APP, settings.ports.functions);
    server = child;
    assert.equal(message, 'ready');
  });

  after(async () => {
    server.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  async function serve(
    name: string,
    code: string,
    port: number,
  ): Promise<[child: ChildProcess, message: unknown]> {
    await mkdir(join(folder, name));
    await writeFile(
      join(folder, name, 'app.js'),
      `import { app } from '@azure/functions';\n${code}\n`,
    );
    await writeFile(join(folder, name, 'package.json'), '{ "type": "module" }');
    const args = ['--import', 'tsx', SERVER, join(folder, name), String(port), KEY];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const [message] = await once(child, 'message');
    return [child, message];
  }

  it('hand method, URL, route parameters, query, headers and body to the function', async () => {
    const response = await fetch(`${base}/api/things/7?color=r%26b`, {
      method: 'POST',
      headers: { 'x-agent': 'test' },
      body: new URLSearchParams({ name: 'Zähler' }),
    });

    assert.equal(response.status, 201);
    assert.equal(response.headers.get('x-own'), 'yes');
    assert.deepEqual(await response.json(), {
      method: 'POST',
      url: `${base}/api/things/7?color=r%26b`,
      id: '7',
      color: 'r&b',
      agent: 'test',
      form: 'Zähler',
    });
  });

  it('answer on their route in any case, with and without optional parameters', async () => {
    const response = await fetch(`${base}/API/Things`);

    assert.equal(response.status, 201);
    assert.match(await response.text(), /"id":null/);
    assert.deepEqual(await (await fetch(`${base}/api/byName`)).json(), { ok: true });
  });

  it('give bytes back as they are', async () => {
    const response = await fetch(`${base}/api/bytes`);

    assert.deepEqual([...new Uint8Array(await response.arrayBuffer())], [0, 255, 1]);
  });

  it('answer 404 for unknown routes and, as in Azure, for methods they do not name', async () => {
    const statuses = await Promise.all([
      fetch(`${base}/api/none`),
      fetch(`${base}/byName`),
      fetch(`${base}/api/things/7/more`),
      fetch(`${base}/api/things/7`, { method: 'DELETE' }),
      fetch(`${base}/api/things/7`, { method: 'HEAD' }),
    ]);

    assert.deepEqual(
      statuses.map(({ status }) => status),
      [404, 404, 404, 404, 404],
    );
  });

  it('of authLevel function want the key, as header or query', async () => {
    const status = async (path: string, headers = {}): Promise<number> =>
      (await fetch(`${base}/api/locked${path}`, { headers })).status;

    assert.equal(await status(''), 401);
    assert.equal(await status('?code=wrong'), 401);
    assert.equal(await status('', { 'x-functions-key': `${KEY} ` + 'x' }), 401);
    assert.equal(await status('', { 'x-functions-key': KEY }), 200);
    assert.equal(await status(`?code=${KEY}`), 200);
  });

  it('that throw are answered 500 without a word of why, which goes to the log without keys', async () => {
    const response = await fetch(`${base}/api/broken`);

    assert.equal(response.status, 500);
    assert.equal(await response.text(), '');
    await eventually(() => assert.match(output, /AccountKey=\[secret\]; no/));
    assert.doesNotMatch(output, /hidden/);
  });

  it('cannot be reached from other machines', async () => {
    const port = new URL(base).port;
    const others = Object.values(networkInterfaces()).flatMap((addresses) =>
      (addresses ?? []).filter(({ family, internal }) => family === 'IPv4' && !internal),
    );
    for (const { address } of others) {
      await assert.rejects(fetch(`http://${address}:${port}/api/byName`));
    }
  });

  it('that ask for what the host does not play are refused by name', async () => {
    const { settings, cleanup } = await testSettings();
    await cleanup();
    const [[, admin], [, constraint]] = await Promise.all([
      serve('a', "app.http('x', { authLevel: 'admin', handler() {} });", settings.ports.functions),
      serve('b', "app.http('y', { route: '{id:int}', handler() {} });", settings.ports.dashboard),
    ]);

    assert.equal(admin, 'the local Functions host plays no authLevel admin (function x)');
    assert.equal(constraint, 'the local Functions host plays no route {id:int} (function y)');
  });
});

describe('route template', () => {
  it('is written as the router wants it, or not at all', () => {
    for (const [template, path] of [
      ['acknowledge', '/acknowledge'],
      ['a/{id}/b/{name?}', '/a/:id/b/:name?'],
      ['/', '/'],
      ['{id:int}', undefined],
      ['{*rest}', undefined],
      ['a-{id}', undefined],
      ['{id?}/b', undefined],
      ['a:b', undefined],
    ]) {
      assert.equal(routerPath(template ?? ''), path, template);
    }
  });
});
