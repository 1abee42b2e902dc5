import assert from 'node:assert/strict';
import { get } from 'node:http';
import { pino } from 'pino';
import { startPowerBi } from '../../../../simulator/azure/power-bi/power-bi.ts';
import {
  SqlDateTime,
  record,
  type Value,
} from '../../../../simulator/azure/stream-analytics/core/values.ts';
import { PowerBiOutput } from '../../../../simulator/azure/stream-analytics/live/power-bi-output.ts';
import type { RunningService } from '../../../../simulator/wire/local-process.ts';
import { eventually } from '../../../support/eventually.ts';
import { testSettings, type TestSettings } from '../../../support/settings.ts';

const log = pino({ level: 'silent' });
const GROUP = '00000000-0000-0000-0000-000000000000';

describe('output to Power BI', function () {
  this.timeout(20_000);
  let test: TestSettings;
  let recorder: RunningService | undefined;
  let url: string;
  let problems: (string | null)[];

  beforeEach(async () => {
    test = await testSettings();
    recorder = undefined;
    url = `http://127.0.0.1:${test.settings.ports.powerBi}`;
    problems = [];
  });

  afterEach(async () => {
    await recorder?.stop();
    await test.cleanup();
  });

  const start = async () => {
    recorder = await startPowerBi({ settings: test.settings, log });
  };
  const output = (token = test.settings.secrets.controlToken, stop = new AbortController()) =>
    new PowerBiOutput(
      { apiUrl: url, token, groupId: GROUP, dataset: 'smart-meters', table: 'averages' },
      { signal: stop.signal, report: (problem) => problems.push(problem) },
    );
  const row = (id: string, expectedCount: Value = null) =>
    record([
      ['id', id],
      ['windowEnd', new SqlDateTime(Date.UTC(2026, 0, 1))],
      ['average', 70.5],
      ['count', 30n],
      ['expectedCount', expectedCount],
    ]);
  const page = async () => (await fetch(url)).text();

  it('makes the dataset when there is none, and pushes', async () => {
    await start();
    await output().write([row('Meter01')]);
    const text = await page();
    assert.match(text, /<h2>smart-meters<\/h2>/);
    assert.match(text, /<td>Meter01<\/td><td>2026-01-01T00:00:00Z<\/td>/);
  });

  it('uses the dataset that there is, and adds a column with its first value', async () => {
    await start();
    await output().write([row('Meter01')]);
    assert.doesNotMatch(await page(), /expectedCount/);
    await output().write([row('Meter02', 31n)]);
    const text = await page();
    assert.equal(text.match(/<h2>/g)?.length, 1);
    assert.match(text, /<th scope="col">expectedCount<\/th>/);
    assert.match(text, /2 rows held, 2 taken/);
  });

  it('calls about once a second', async () => {
    await start();
    const paced = output();
    const startedAt = performance.now();
    await paced.write([row('Meter01')]);
    await paced.write([row('Meter02')]);
    const tookMs = performance.now() - startedAt;
    assert.ok(tookMs >= 990 && tookMs < 3_000, `${tookMs} ms`);
  });

  it('waits until Power BI answers, and makes the dataset anew when it is gone', async () => {
    const writing = output().write([row('Meter01')]);
    await eventually(() => assert.equal(problems.at(-1), 'Power BI does not answer'));
    await start();
    await writing;
    assert.equal(problems.at(-1), null);

    const lasting = output();
    await lasting.write([row('Meter02')]);
    await recorder?.stop();
    await start();
    await lasting.write([row('Meter03')]);
    assert.match(await page(), /1 rows held, 1 taken/);
  });

  it('says what is wrong when a row is refused, and stops when told', async () => {
    await start();
    const stop = new AbortController();
    const writing = output(undefined, stop).write([row('M'.repeat(4_001))]);
    await eventually(() => assert.match(problems.at(-1) ?? '', /answered 400: .*4001 characters/));
    stop.abort();
    await assert.rejects(writing);
  });

  it('is refused with another token', async () => {
    await start();
    const stop = new AbortController();
    const writing = output('wrong', stop).write([row('Meter01')]);
    await eventually(() => assert.match(problems.at(-1) ?? '', /answered 401/));
    stop.abort();
    await assert.rejects(writing);
  });

  it('is not shown under another host name, which a web site could point here', async () => {
    await start();
    const { port } = new URL(url);
    const status = await new Promise((resolve) => {
      const headers = { host: 'elsewhere.example' };
      get({ host: '127.0.0.1', port, headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
    });
    assert.equal(status, 421);
  });

  it('is told to wait beyond 120 requests in a minute', async () => {
    await start();
    await output().write([row('Meter01')]);
    const headers = {
      authorization: `Bearer ${test.settings.secrets.controlToken}`,
      'content-type': 'application/json',
    };
    const datasets = `${url}/v1.0/myorg/groups/${GROUP}/datasets`;
    const { value } = (await (await fetch(datasets, { headers })).json()) as {
      value: [{ id: string }];
    };
    const push = () =>
      fetch(`${datasets}/${value[0].id}/tables/averages/rows`, {
        method: 'POST',
        headers,
        body: '{"rows":[]}',
      });
    for (let request = 1; request < 120; request += 1) assert.equal((await push()).status, 200);
    const refused = await push();
    assert.equal(refused.status, 429);
    assert.ok(Number(refused.headers.get('retry-after')) > 0);
  });
});
