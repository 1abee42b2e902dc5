import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sql from 'mssql';
import { pino } from 'pino';
import { dashboardPackage } from '../../../scripts/dashboard-package.mjs';
import { startSql } from '../../../simulator/azure/sql/sql-server.ts';
import { certificateFile, ensureCertificates } from '../../../simulator/wire/certificates.ts';
import type { RunningService } from '../../../simulator/wire/local-process.ts';
import { sqlClientConfig } from '../../../simulator/wire/sql-connection.ts';
import { startTestEventHubs, type TestEventHubs } from '../../support/event-hubs.ts';
import { eventually } from '../../support/eventually.ts';
import { testSettings, type TestSettings } from '../../support/settings.ts';
import { appendAverage, dashboardVariables } from './sample-hubs.ts';

const PRINCIPAL = Buffer.from('{"claims":[{"typ":"name","val":"Ada"}]}').toString('base64');

describe('package of the dashboard', function () {
  this.timeout(60_000);
  let files: Record<string, Uint8Array>;
  let folder: string;
  let test: TestSettings;
  let hubs: TestEventHubs;
  let database: RunningService;
  let child: ChildProcess | undefined;
  let output = '';

  before(async () => {
    files = await dashboardPackage();
    folder = await mkdtemp(join(tmpdir(), 'dashboard-package-'));
    for (const [name, bytes] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), bytes);
    }
    test = await testSettings();
    hubs = await startTestEventHubs(test.settings);
    database = await startSql({ settings: test.settings, log: pino({ level: 'silent' }) });
    await addYesterdaysAverage(test);
  });

  after(async () => {
    child?.kill('SIGKILL');
    await hubs.stop();
    await database.stop();
    await test.cleanup();
    await rm(folder, { recursive: true });
  });

  /** As App Service does it: the startup command, in an environment of its own. */
  function start(): ChildProcess {
    const { ports, secrets } = test.settings;
    return spawn(process.execPath, ['main.mjs'], {
      cwd: folder,
      env: {
        ...dashboardVariables(test.settings),
        AUTHENTICATION: 'easy-auth',
        SQL_SERVER: 'localhost',
        SQL_PORT: String(ports.sql),
        SQL_USER: 'dashboard',
        SQL_PASSWORD: secrets.sqlPassword,
        SQL_CA_FILE: certificateFile(test.settings),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  }

  it('holds the server, the page, the licences, and no more', () => {
    const names = Object.keys(files);
    const others = names.filter((name) => !name.startsWith('web/'));
    assert.deepEqual(others, [
      'main.mjs',
      'server/main.mjs',
      'package.json',
      'THIRD-PARTY-NOTICES.txt',
    ]);
    assert.ok(names.includes('web/index.html'));
    assert.ok(names.every((name) => !/node_modules|\.ts$|\.map$|\.env/.test(name)));
    const notices = Buffer.from(files['THIRD-PARTY-NOTICES.txt'] ?? []).toString();
    for (const name of ['mssql', 'fastify', 'preact'])
      assert.ok(notices.includes(`${name} `), name);
  });

  it('serves what is in the database and the event hub from an otherwise empty folder', async () => {
    await appendAverage(hubs, {
      id: 'Meter02',
      windowEnd: new Date().toISOString(),
      average: 71,
    });
    child = start();
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await eventually(() => assert.match(output, /dashboard ready/), 15_000);
    const url = /"url":"([^"]+)"/.exec(output)?.[1] ?? '';
    const headers = { 'x-ms-client-principal': PRINCIPAL };
    await eventually(async () => {
      const response = await fetch(`${url}/api/snapshot`, { headers });
      const { meters } = (await response.json()) as { meters: { id: string }[] };
      assert.deepEqual(
        meters.map(({ id }) => id),
        ['Meter01', 'Meter02'],
      );
    }, 15_000);
    assert.match(await (await fetch(url, { headers })).text(), /<div id="page">/);
    assert.equal((await fetch(url)).status, 401);
    assert.equal((await fetch(`${url}/health`)).status, 200);
  });

  it('says nothing of its password, and stops when told', async () => {
    assert.ok(!output.includes(test.settings.secrets.sqlPassword));
    assert.ok(child !== undefined);
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    assert.equal(code, 0);
  });
});

async function addYesterdaysAverage({ settings }: TestSettings): Promise<void> {
  const { caPem } = await ensureCertificates(settings);
  const config = sqlClientConfig(settings, 'stream-analytics', caPem);
  const pool = await new sql.ConnectionPool(config).connect();
  const end = new Date(Date.now() - 23 * 3_600_000);
  await pool
    .request()
    .input('start', sql.DateTime2(3), new Date(end.getTime() - 300_000))
    .input('end', sql.DateTime2(3), end)
    .query(
      'INSERT INTO dbo.averages (id, windowStart, windowEnd, average, minimum, maximum, [count], revision) ' +
        "VALUES ('Meter01', @start, @end, 70, 69, 71, 30, 0)",
    );
  await pool.close();
}
