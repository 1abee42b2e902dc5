import assert from 'node:assert/strict';
import { BlobServiceClient } from '@azure/storage-blob';
import { Archive } from '../../../simulator/console/server/archive.ts';
import { ControlError } from '../../../simulator/wire/control-api.ts';
import { storageConnectionString } from '../../../simulator/wire/connection-strings.ts';
import { startAzurite, type Azurite } from '../../support/azurite.ts';
import { testSettings, type TestSettings } from '../../support/settings.ts';
import { HOSTILE_ID } from './sample-system.ts';

const HOUR = 'readings/2026/11/22/18/';
const HOSTILE_PATH = `${HOUR}${HOSTILE_ID}.csv`;

describe('console archive', function () {
  this.timeout(40_000);
  let test: TestSettings;
  let azurite: Azurite;
  let archive: Archive;

  before(async () => {
    test = await testSettings();
    azurite = await startAzurite(test.settings);
    archive = new Archive(test.settings);
  });

  after(async () => {
    await azurite.stop();
    await test.cleanup();
  });

  const upload = async (path: string, text: string) => {
    const connection = storageConnectionString(test.settings);
    const container =
      BlobServiceClient.fromConnectionString(connection).getContainerClient('archive');
    await container.createIfNotExists();
    await container.getBlockBlobClient(path).upload(text, Buffer.byteLength(text));
  };

  it('is empty while no job has written', async () => {
    assert.deepEqual(await archive.list(''), { prefix: '', folders: [], files: [] });
  });

  it('is a tree of folders and files, whatever their names', async () => {
    await upload(`${HOUR}0_1.csv`, 'id,temp\nMeter01,70.5\n');
    await upload(HOSTILE_PATH, `id,temp\n"${HOSTILE_ID.replaceAll('"', '""')}",1\n`);

    assert.deepEqual((await archive.list('')).folders, ['readings/']);
    assert.deepEqual(
      (await archive.list(HOUR)).files.map(({ path }) => path),
      [`${HOUR}0_1.csv`, HOSTILE_PATH],
    );
    assert.deepEqual((await archive.read(HOSTILE_PATH)).rows, [
      ['id', 'temp'],
      [HOSTILE_ID, '1'],
    ]);
  });

  it('shows the beginning of a large file and says so', async () => {
    await upload('large.csv', `id,temp\n${'Meter01,70.5\n'.repeat(30_000)}`);

    const { rows, bytes, isComplete } = await archive.read('large.csv');
    assert.equal(rows.length, 500);
    assert.equal(bytes, 8 + 13 * 30_000);
    assert.equal(isComplete, false);
  });

  it('answers 404 for a file that is not there', async () => {
    for (const path of ['nothing.csv', '../other-container/blob', 'readings/..\\..\\x', '.']) {
      await assert.rejects(
        archive.read(path),
        (error) => error instanceof ControlError && error.statusCode === 404,
      );
    }
  });
});
