import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { dryRun, type DryMail } from '../../../../cloud/function/src/command/dry-run.ts';
import { readEvents } from '../../../../cloud/function/src/command/read-events.ts';
import { parseDryRunSettings } from '../../../../cloud/function/src/env.ts';
import { alertEvent, START_MS } from '../support.ts';
import { compiled } from '../../../support/compiled.ts';

const COMMAND = compiled('cloud/function/src/command/main.ts');

function event(second: number, overrides: Record<string, unknown> = {}): Record<string, unknown> {
  const time = new Date(START_MS + second * 1_000).toISOString();
  return alertEvent({ time, seq: 1_000 + second, ...overrides });
}

function average(second: number): Record<string, unknown> {
  const windowEnd = new Date(START_MS + second * 1_000).toISOString();
  return { id: 'Meter07', windowEnd, average: 70, gateway: 'gateway-01' };
}

async function mailsOf(
  events: readonly unknown[],
  environment: Record<string, string> = {},
): Promise<DryMail[]> {
  const content = readEvents(JSON.stringify(events));
  assert.deepEqual(content.faults, []);
  return dryRun(content.events, parseDryRunSettings(environment));
}

function timeline(mails: readonly DryMail[]): string[] {
  return mails.map(
    ({ atMs, mail }) => `${mail.site.id} ${mail.kind} +${(atMs - START_MS) / 1_000}`,
  );
}

describe('dry run of alerts', function () {
  // The first picture of a process compiles what draws it.
  this.timeout(10_000);

  it('tells when which mails would leave, and to whom', async () => {
    const SITES = '[{"id":"gateway-01","name":"Cellar","recipients":["cellar@example.com"]}]';
    const mails = await mailsOf([event(0), event(10), event(90, { id: 'Meter08' })], { SITES });

    assert.deepEqual(timeline(mails), [
      'gateway-01 first +30',
      'gateway-01 update +330',
      'gateway-01 all-clear +690',
    ]);
    assert.deepEqual(mails[0]?.mail.recipients, ['cellar@example.com']);
    assert.match(mails[0]?.rendered.text ?? '', /Alert: 2 anomalies at Meter07/);
    assert.equal(new Set(mails.map(({ rendered }) => rendered.subject)).size, 1);
  });

  it('follows the settings', async () => {
    const mails = await mailsOf([event(0)], { GROUP_WAIT_SECONDS: '5', CLEAR_AFTER_MINUTES: '20' });

    assert.deepEqual(timeline(mails), ['gateway-01 first +5', 'gateway-01 all-clear +1200']);
    assert.throws(() => parseDryRunSettings({ UPDATE_MINUTES: 'soon' }), /UPDATE_MINUTES/);
  });

  it('takes averages as signs of life: a gateway falls silent, and comes back', async () => {
    const mails = await mailsOf([average(0), average(300), average(5_000)]);

    assert.deepEqual(timeline(mails).slice(0, 2), [
      'gateway-01 gateway-silent +1200',
      'gateway-01 gateway-back +5000',
    ]);
  });

  it('digests what arrives late', async () => {
    const arrivedAt = new Date(START_MS + 7_200_000).toISOString();
    const backlog = Array.from({ length: 50 }, (_, index) => ({ ...event(index), arrivedAt }));

    assert.deepEqual(timeline(await mailsOf(backlog)), ['gateway-01 late-digest +7500']);
  });

  it('counts an anomaly that is there twice once, and makes three mails of a storm', async () => {
    const storm = Array.from({ length: 10_000 }, (_, index) =>
      event(index % 60, { id: `Meter${index % 200}`, seq: index }),
    );
    const mails = await mailsOf([...storm, ...storm.slice(0, 100)]);

    assert.ok(mails.length <= 3, timeline(mails).join());
    assert.equal(
      mails.reduce((sum, { mail }) => sum + mail.model.news.count, 0),
      10_000,
    );
  });
});

describe('file of events', () => {
  const places = (text: string): string[] =>
    readEvents(text).faults.map(({ place, message }) => `${place}: ${message}`);

  it('is an array, one object, or objects line by line', () => {
    const [one, two] = [event(0), event(1)];
    for (const text of [
      JSON.stringify([one, two]),
      `${JSON.stringify(one)}\n${JSON.stringify(two)}\n`,
    ]) {
      assert.equal(readEvents(text).events.length, 2);
    }
    assert.equal(readEvents(JSON.stringify(one, null, 2)).events.length, 1);
  });

  it('may hold malformed events: each is told of with its place, the others count', () => {
    const text = JSON.stringify([event(0), event(1, { temp: 'hot' }), 7, event(2)]);

    assert.equal(readEvents(text).events.length, 2);
    const [second, third] = places(text);
    assert.match(second ?? '', /^event 2: .*number.* \(in temp\)$/);
    assert.match(third ?? '', /^event 3: /);
    const lines = `${JSON.stringify(event(0))}\n{"id": oops}\n`;
    assert.match(places(lines)[0] ?? '', /^line 2: not JSON/);
  });

  it('that is no JSON is told of with line and column', () => {
    assert.match(places('[\n {"id":"a"},\n {"id" "b"}\n]')[0] ?? '', /^line 3, column 8: not JSON/);
    assert.match(places('[{"arrivedAt":"soon"}]')[0] ?? '', /^event 1: .*arrivedAt/);
  });
});

describe('npm run alerts', function () {
  this.timeout(20_000);
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'iot-end-to-end-'));
  });

  after(() => rm(folder, { recursive: true, force: true }));

  it('prints each mail, writes pages with their pictures, and fails for malformed events', async () => {
    const file = join(folder, 'events.json');
    await writeFile(file, JSON.stringify([event(0), { id: 'Meter07' }]));
    const args = [COMMAND, '--dry-run', file, '--html', join(folder, 'pages')];
    const run = promisify(execFile)(process.execPath, args, { env: { PATH: process.env['PATH'] } });
    const failed = await run.then(
      () => assert.fail('it must fail'),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );

    assert.equal(failed.code, 1);
    assert.match(
      failed.stdout,
      /^--- 1: first, 2026-11-22T18:06:00.000Z\nTo: operator@example.com\n/,
    );
    assert.match(failed.stdout, /\n2 mails for 1 anomaly\.\n$/);
    assert.match(failed.stderr, /events\.json, event 2: /);
    assert.deepEqual(await readdir(join(folder, 'pages')), [
      '001-first.html',
      '002-all-clear.html',
    ]);
    const page = await readFile(join(folder, 'pages/001-first.html'), 'utf8');
    assert.equal(page.match(/src="data:image\/png;base64,/g)?.length, 2);
    assert.doesNotMatch(page, /src="cid:/);
  });
});
