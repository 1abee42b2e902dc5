import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sql from 'mssql';
import { pino } from 'pino';
import type { AnomalyMark, AveragePoint } from '../../../cloud/dashboard/core/board.ts';
import { ANOMALIES, AVERAGES, sqlHistory } from '../../../cloud/dashboard/server/sql-history.ts';
import { startSql } from '../../../simulator/azure/sql/sql-server.ts';
import { certificateFile, ensureCertificates } from '../../../simulator/wire/certificates.ts';
import type { RunningService } from '../../../simulator/wire/local-process.ts';
import { sqlClientConfig, type SqlUser } from '../../../simulator/wire/sql-connection.ts';
import { testSettings, type TestSettings } from '../../support/settings.ts';

const NOON_MS = Date.parse('2026-11-22T12:00:00Z');
const QUERIES = fileURLToPath(new URL('../../../cloud/sql/queries/', import.meta.url));

describe('history of the dashboard in SQL', function () {
  this.timeout(30_000);
  let test: TestSettings;
  let server: RunningService;
  let caPem: string;

  before(async () => {
    test = await testSettings();
    server = await startSql({ settings: test.settings, log: pino({ level: 'silent' }) });
    ({ caPem } = await ensureCertificates(test.settings));
    await execute('stream-analytics', [
      ...averages('Meter01', [0, 70, 0], [0, 71, 1], [5, 72, 0]),
      ...averages('Meter02', [-1_500, 60, 0], [5, 69.5, 0]),
      "INSERT INTO dbo.anomalies (id, [time], seq, temp, direction, score, confidence, historySize, usual, delaySeconds) VALUES ('Meter01', '2026-11-22T12:01:00', 7, 90.5, 'spike', 1e-8, 99.99, 120, 70.25, 7200)",
    ]);
  });

  after(async () => {
    await server.stop();
    await test.cleanup();
  });

  async function execute(user: SqlUser, statements: readonly string[]): Promise<void> {
    const config = sqlClientConfig(test.settings, user, caPem);
    const pool = await new sql.ConnectionPool(config).connect();
    try {
      for (const statement of statements) await pool.request().query(statement);
    } finally {
      await pool.close();
    }
  }

  /** Windows as `[minutes after noon, average, revision]`. */
  function averages(id: string, ...windows: [number, number, number][]): string[] {
    return windows.map(([minutes, average, revision]) => {
      const [start, end] = [minutes - 5, minutes].map((at) =>
        new Date(NOON_MS + at * 60_000).toISOString().slice(0, 19),
      );
      return (
        'INSERT INTO dbo.averages (id, windowStart, windowEnd, average, minimum, maximum, [count], expectedCount, revision, delaySeconds) ' +
        `VALUES ('${id}', '${start}', '${end}', ${average}, ${average - 1}, ${average + 1}, 30, 31, ${revision}, 34)`
      );
    });
  }

  async function read(login = 'dashboard') {
    const { ports, secrets } = test.settings;
    const reader = sqlHistory({
      server: 'localhost',
      port: ports.sql,
      database: 'smart-meters',
      caFile: certificateFile(test.settings),
      login: { user: login, password: secrets.sqlPassword },
    });
    const points: { id: string; point: AveragePoint }[] = [];
    const marks: AnomalyMark[] = [];
    const taker = {
      averages: (rows: readonly { id: string; point: AveragePoint }[]) => points.push(...rows),
      anomalies: (rows: readonly AnomalyMark[]) => marks.push(...rows),
    };
    await reader.read(NOON_MS - 24 * 3_600_000, taker, new AbortController().signal);
    return { points, marks };
  }

  it('holds of each window the highest revision, and nothing older than was asked for', async () => {
    const { points } = await read();
    const rows = points.map(({ id, point }) => [
      id,
      (point.endMs - NOON_MS) / 60_000,
      point.average,
      point.revision,
    ]);
    assert.deepEqual(
      rows.toSorted((a, b) => String(a).localeCompare(String(b))),
      [
        ['Meter01', 0, 71, 1],
        ['Meter01', 5, 72, 0],
        ['Meter02', 5, 69.5, 0],
      ],
    );
  });

  it('has everything that a page says of a window or an anomaly', async () => {
    const { points, marks } = await read();
    assert.deepEqual(points.find(({ id }) => id === 'Meter02')?.point, {
      endMs: NOON_MS + 300_000,
      average: 69.5,
      minimum: 68.5,
      maximum: 70.5,
      count: 30,
      expectedCount: 31,
      revision: 0,
      delaySeconds: 34,
    });
    assert.deepEqual(marks, [
      {
        id: 'Meter01',
        atMs: NOON_MS + 60_000,
        temp: 90.5,
        direction: 'spike',
        score: 1e-8,
        usual: 70.25,
        delaySeconds: 7_200,
      },
    ]);
  });

  it('is refused to a stranger', async () => {
    await assert.rejects(() => read('stranger'), /Login failed/);
  });

  it('is read with the queries of cloud/sql', () => {
    const plain = (text: string) =>
      text.replaceAll(/--.*/g, '').replaceAll(/\s+/g, ' ').replace(/;\s*$/, '').trim();
    const file = (name: string) => plain(readFileSync(`${QUERIES}${name}.sql`, 'utf8'));
    assert.equal(plain(AVERAGES), file('averages-since'));
    assert.equal(plain(ANOMALIES), file('anomalies-since'));
  });
});
