import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unzipSync } from 'fflate';
import { z } from 'zod';
import { acknowledgeLink } from '../../../cloud/function/src/acknowledge-link.ts';
import { recordAnomalies } from '../../../cloud/function/src/record-anomalies.ts';
import type { Mailbox } from '../../../simulator/azure/mailbox/mailbox.ts';
import { localAppSettings } from '../../../simulator/azure/functions/app-settings.ts';
import { parseAppSettings } from '../../../cloud/function/src/env.ts';
import { startAzurite, type Azurite } from '../../support/azurite.ts';
import { eventually } from '../../support/eventually.ts';
import { testSettings, type TestSettings } from '../../support/settings.ts';
import { sampleMail } from './sample-mail.ts';
import { alertEvent, memoryLog, openInstance, openMailbox } from './support.ts';

const RUNNER = fileURLToPath(new URL('packaged-app.ts', import.meta.url));
const SCRIPT = new URL('../../../scripts/function-package.mjs', import.meta.url).href;
const ZIP_SCRIPT = new URL('../../../scripts/package-zip.mjs', import.meta.url).href;
const MAX_BYTES = 3 * 1024 * 1024;

const Files = z.record(z.string(), z.instanceof(Uint8Array));
const PackageScript = z.object({
  functionPackage: z.custom<() => Promise<unknown>>((value) => typeof value === 'function'),
});
const ZipScript = z.object({
  writeZip: z.custom<(path: string, files: object) => number>(
    (value) => typeof value === 'function',
  ),
});

describe('package of the Function app', function () {
  this.timeout(40_000);
  let local: TestSettings;
  let azurite: Azurite;
  let mailbox: Mailbox;
  let folder: string;
  let files: Record<string, Uint8Array>;
  let zip: Buffer;
  let host: ChildProcess | undefined;

  before(async () => {
    // Long enough that the incident still lasts when its link is opened.
    local = await testSettings({ logLevel: 'error', groupWaitSeconds: 1 });
    folder = await mkdtemp(join(tmpdir(), 'iot-end-to-end-'));
    const { functionPackage } = PackageScript.parse(await import(SCRIPT));
    files = Files.parse(await functionPackage());
    const { writeZip } = ZipScript.parse(await import(ZIP_SCRIPT));
    writeZip(join(folder, 'function.zip'), files);
    zip = await readFile(join(folder, 'function.zip'));
    for (const [name, bytes] of Object.entries(unzipSync(zip))) {
      await mkdir(dirname(join(folder, 'app', name)), { recursive: true });
      await writeFile(join(folder, 'app', name), bytes);
    }
    azurite = await startAzurite(local.settings);
    mailbox = await openMailbox(local.settings);
  });

  after(async () => {
    host?.kill('SIGKILL');
    await mailbox.stop();
    await azurite.stop();
    await rm(folder, { recursive: true, force: true });
    await local.cleanup();
  });

  it('holds the code, what draws pictures, and nothing else', async () => {
    const names = Object.keys(unzipSync(zip));
    const wanted =
      /^(functions\/[a-z-]+\.js|shared\/[\w-]+\.js|host\.json|package\.json|THIRD-PARTY-NOTICES\.txt|node_modules\/(@resvg\/resvg-wasm|@fontsource\/inter)\/[\w./-]+)$/;

    assert.deepEqual(
      names.filter((name) => !wanted.test(name)),
      [],
    );
    const functions = await readdir(
      new URL('../../../cloud/function/src/functions', import.meta.url),
    );
    assert.equal(names.filter((name) => name.startsWith('functions/')).length, functions.length);
    assert.ok(zip.length < MAX_BYTES, `${zip.length} bytes`);
    const text = Buffer.concat(Object.values(files)).toString('latin1');
    assert.doesNotMatch(text, /sourceMappingURL=data:/);
  });

  it('is the same when it is made again, and passes on the licences of what is in it', async () => {
    const { functionPackage } = PackageScript.parse(await import(SCRIPT));
    assert.deepEqual(Files.parse(await functionPackage()), files);
    const notices = Buffer.from(files['THIRD-PARTY-NOTICES.txt'] ?? []).toString();

    for (const name of [
      'nodemailer',
      '@azure/data-tables',
      '@resvg/resvg-wasm',
      '@fontsource/inter',
    ]) {
      assert.ok(notices.includes(`\n${name} `) || notices.startsWith(`${name} `), name);
    }
  });

  it('runs from an otherwise empty folder: mails with pictures, and answers their links', async () => {
    const { settings } = local;
    const settingsFile = join(folder, 'settings.json');
    await writeFile(settingsFile, JSON.stringify(settings));
    const args = ['--import', 'tsx', RUNNER, settingsFile, join(folder, 'app')];
    host = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    assert.deepEqual(await once(host, 'message'), [{ state: 'ready' }, undefined]);
    const instance = await openInstance(settings, { nowMs: Date.now() });
    const event = alertEvent({ time: new Date().toISOString() });
    await recordAnomalies(instance, [event], memoryLog());
    instance.transport.close();

    await eventually(() => assert.equal(mailbox.list().length, 1), 20_000);
    const content = await mailbox.read(mailbox.list()[0]?.id ?? '');
    assert.equal(content?.html?.match(/src="data:image\/png;base64,/g)?.length, 2);
    const href = /http:\/\/127\.0\.0\.1:\d+\/api\/acknowledge\S+/.exec(content.text)?.[0] ?? '';
    assert.match(await (await fetch(href)).text(), /<button type="submit">Acknowledge/);
    const done = await fetch(href, { method: 'POST' });
    assert.match(await done.text(), /<h1>Acknowledged<\/h1>/);
    assert.match(await (await fetch(href)).text(), /Somebody acknowledged it/);
    const { links } = parseAppSettings(localAppSettings(settings)).mail;
    const unknown = acknowledgeLink(sampleMail('first', {}, 'elsewhere'), {
      ...links,
      validMs: 1e12,
    });
    assert.equal((await fetch(unknown ?? '')).status, 404);
  });
});
