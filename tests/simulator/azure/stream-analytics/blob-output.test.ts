import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import { record } from '../../../../simulator/azure/stream-analytics/core/values.ts';
import { BlobOutput } from '../../../../simulator/azure/stream-analytics/live/blob-output.ts';
import { storageConnectionString } from '../../../../simulator/wire/connection-strings.ts';
import { startAzurite, type Azurite } from '../../../support/azurite.ts';
import { eventually } from '../../../support/eventually.ts';
import { testSettings, type TestSettings } from '../../../support/settings.ts';
import { archiveOf } from './live.ts';

describe('blob output', function () {
  this.timeout(30_000);
  let test: TestSettings;
  let azurite: Azurite | undefined;
  const problems: (string | null)[] = [];

  const output = (signal = new AbortController().signal) =>
    new BlobOutput(
      {
        connectionString: storageConnectionString(test.settings),
        container: 'archive',
        pathPattern: 'readings/{folder}',
      },
      { signal, report: (problem) => problems.push(problem) },
    );
  const row = (folder: string, n: number) =>
    record([
      ['n', BigInt(n)],
      ['folder', folder],
    ]);

  before(async () => {
    test = await testSettings();
  });

  after(async () => {
    await azurite?.stop();
    await test.cleanup();
  });

  it('waits for storage, says so, and loses nothing', async () => {
    const writing = output().write([row('a', 1), row('b', 2)]);
    await eventually(() => assert.match(problems.at(-1) ?? '', /ECONNREFUSED|connect/));
    azurite = await startAzurite(test.settings);
    await writing;
    assert.equal(problems.at(-1), null);
    const blobs = await archiveOf(test.settings);
    assert.deepEqual([...blobs.values()], ['n,folder\r\n1,a\r\n', 'n,folder\r\n2,b\r\n']);
  });

  it('gives up only when it is told to stop', async () => {
    const abort = new AbortController();
    await azurite?.stop();
    const writing = output(abort.signal).write([row('a', 1)]);
    abort.abort();
    await assert.rejects(writing);
    azurite = await startAzurite(test.settings);
  });

  it('grows a blob from batch to batch, and begins the next when it is large', async () => {
    const archive = output();
    const line = 'x'.repeat(1_000);
    const large = (n: number) => record([...Object.entries(row('c', n)), ['line', line]]);
    let written = 0;
    while ((await archiveOf(test.settings)).size < 2) {
      await archive.write(Array.from({ length: 200 }, () => large((written += 1))));
    }
    const texts = [...(await archiveOf(test.settings)).entries()]
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([, text]) => text);
    const numbers = texts.flatMap((text) =>
      text
        .split('\r\n')
        .slice(1, -1)
        .map((each) => Number(each.split(',')[0])),
    );
    assert.deepEqual(
      numbers,
      Array.from({ length: written }, (_, index) => index + 1),
    );
    for (const text of texts) assert.ok(text.startsWith('n,folder,line\r\n'));
  });

  it('writes hostile names of folders below its own', async () => {
    await output().write([row('../../etc/passwd', 1), row('a?b#c%2e', 2)]);
    for (const name of (await archiveOf(test.settings)).keys()) assert.match(name, /^readings\//);
  });
});
