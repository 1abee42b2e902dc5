/** What stands in the way of an upload, and that the hub takes the readings then. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { LedgerEntry, Reading } from '../../../../modules/shared/src/wire-contract.ts';
import { packReadings } from '../../../../modules/store-and-forward/src/reading-block.ts';
import { storeAndForward } from '../../../../modules/store-and-forward/src/store-and-forward.ts';
import { containerArchive } from '../../../../simulator/commands/cold-path/container-archive.ts';
import { storageConnectionString } from '../../../../simulator/wire/connection-strings.ts';
import { SampleArchive } from '../../../simulator/commands/cold-path/sample-archive.ts';
import { startAzurite, type Azurite } from '../../../support/azurite.ts';
import { BlobProxy } from '../../../support/blob-proxy.ts';
import { eventually } from '../../../support/eventually.ts';
import { FakeModule } from '../../../support/fake-module.ts';
import { testSettings, type TestSettings } from '../../../support/settings.ts';
import { BlobArchive } from './blob-archive.ts';

const READINGS = 8_000;
const BASE_MS = Date.parse('2026-06-01T00:00:00Z');
const ON = { bulkAfterReadings: 1_000, maxMessageBytes: 4_096 };

describe('the bulk path', function () {
  this.timeout(30_000);
  let azurite: Azurite;
  let test: TestSettings;
  let archive: BlobArchive;
  let folder: string;
  let sasFile: string;
  let module: FakeModule<typeof storeAndForward.schema.shape>;

  before(async () => {
    test = await testSettings();
    azurite = await startAzurite(test.settings);
    archive = new BlobArchive(test.settings);
    await archive.container.create();
  });
  after(async () => {
    await azurite.stop();
    await test.cleanup();
  });

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bulk-'));
    sasFile = join(folder, 'sas');
    module = new FakeModule(storeAndForward, { bulkSasFile: sasFile });
    module.client.fails = true;
    module.client.connect({ ...ON, bulkAfterReadings: 0 });
    for (let first = 0; first < READINGS; first += 1_000) {
      await module.client.deliver('telemetry', batch(first));
    }
  });
  afterEach(async () => {
    await module.end();
    rmSync(folder, { recursive: true });
    for (const { name } of await archive.blobs('')) await archive.container.deleteBlob(name);
  });

  function batch(first: number): Reading[] {
    return Array.from({ length: 1_000 }, (_, index) => ({
      id: `Meter0${(first + index) % 5}`,
      time: new Date(BASE_MS + (first + index) * 10_000).toISOString(),
      temp: 70 + (index % 40) / 10,
      seq: first + index,
    }));
  }

  const port = () => test.settings.ports.blob;
  const text = (name: string) => String(module.status()[name]);
  const number = (name: string) => Number(module.status()[name]);
  const switchOn = () => module.client.handlers.desired({ version: 2, properties: ON });

  /** Lets fake time go on until something is true of the real world. */
  async function until(holds: () => void, stepMs = 250): Promise<void> {
    await eventually(async () => {
      await module.clock.advance(stepMs);
      holds();
    }, 15_000);
  }

  /** Lets the hub take everything, and gives the readings it took. */
  async function drainByHub(): Promise<Reading[]> {
    module.client.fails = false;
    module.client.handlers.connected();
    await until(() => assert.equal(number('backlogReadings'), 0), 10_000);
    return module.client.sent
      .filter(({ properties }) => properties['kind'] === 'telemetry')
      .flatMap(({ body }) => JSON.parse(body) as Reading[]);
  }

  const uploaded = () => until(() => assert.equal(number('bulkUploads'), 1));

  it('is off unless it is switched on', async () => {
    archive.writeSasFile(sasFile, port());
    await module.clock.advance(20_000);

    assert.equal(number('bulkReadingsOnTheirWay'), 0);
    assert.equal((await drainByHub()).length, READINGS);
    assert.deepEqual(await archive.blobs(''), []);
  });

  const TROUBLES: readonly [string, () => void, RegExp][] = [
    ['no file', () => undefined, /\/sas \(BULK_SAS_FILE\) cannot be read \(ENOENT\)/],
    [
      'a file with something else in it',
      () => writeFileSync(sasFile, 'sig=c2VjcmV0'),
      /is no address such as https:/,
    ],
    [
      'an address without signature',
      () => writeFileSync(sasFile, 'https://lab.blob.core.windows.net/archive'),
      /an address without signature/,
    ],
    [
      'an expired signature',
      () => archive.writeSasFile(sasFile, port(), { expires: new Date(Date.now() - 60_000) }),
      /answered 403 .*the signature is not valid.*this one ends at 20/,
    ],
    [
      'a signature for reading',
      () => archive.writeSasFile(sasFile, port(), { permissions: 'r' }),
      /does not allow to create and write blobs \(sp=cw\)/,
    ],
    [
      'a container that is not there',
      () => archive.writeSasFile(sasFile, port(), { container: 'nowhere' }),
      /answered 404 ContainerNotFound: make the container/,
    ],
  ];
  for (const [title, prepare, problem] of TROUBLES) {
    it(`leaves everything to the hub with ${title}, and says so without the secret`, async () => {
      prepare();
      switchOn();
      await until(() => assert.match(text('bulkProblem'), problem));

      assert.doesNotMatch(text('bulkProblem'), /sig=|c2VjcmV0/);
      assert.equal(number('bulkReadingsOnTheirWay'), 0);
      assert.equal((await drainByHub()).length, READINGS);
      assert.deepEqual(await archive.blobs(''), []);
    });
  }

  it('leaves everything to the hub while Blob Storage does not answer', async () => {
    const gone = await BlobProxy.start(port());
    archive.writeSasFile(sasFile, gone.port);
    await gone.stop();
    switchOn();
    await until(() => assert.match(text('bulkProblem'), /does not answer \(\w+\)/));

    const byHub = await drainByHub();
    assert.equal(byHub.length, READINGS);
    assert.equal(new Set(byHub.map(({ seq }) => seq)).size, READINGS);
  });

  it('goes on when the signature has been replaced, and also when it is switched off half done', async () => {
    archive.writeSasFile(sasFile, port(), { permissions: 'r' });
    switchOn();
    await until(() => assert.match(text('bulkProblem'), /sp=cw/));
    archive.writeSasFile(sasFile, port());
    await uploaded();

    assert.equal(text('bulkProblem'), 'null');
    const byHub = await drainByHub();
    assert.equal(byHub.length + number('bulkReadings'), READINGS);
    assert.equal((await archive.records()).length, number('bulkReadings'));
  });

  it('is no double to the cold path’s jobs when it was given up half done', async () => {
    const proxy = await BlobProxy.start(port());
    archive.writeSasFile(sasFile, proxy.port);
    proxy.interrupt(
      (request) => request.includes('/uploads/'),
      'before',
      async () => {
        // The service is away from now on.
        await proxy.stop();
      },
    );
    switchOn();
    await until(() => assert.match(text('bulkProblem'), /does not answer/));
    module.client.handlers.desired({ version: 3, properties: { ...ON, bulkAfterReadings: 0 } });
    const byHub = await drainByHub();
    assert.equal(byHub.length, READINGS, 'all went by the hub, some also by the bulk path');
    const twice = (await archive.records()).length;
    assert.ok(twice > 1_000);
    await archiveByJob(byHub);

    const tables = await SampleArchive.make();
    try {
      const result = await tables.run({
        archive: containerArchive(storageConnectionString(test.settings), 'archive'),
      });
      assert.equal(result.records, READINGS + twice);
      assert.equal(result.repeats, twice);
      assert.equal(result.sizes.get('readings'), READINGS);
      assert.equal(result.sizes.get('rejects'), 0);
    } finally {
      await tables.remove();
    }
  });

  /** What the cold path’s query makes of the messages that came by the hub. */
  async function archiveByJob(readings: readonly Reading[]): Promise<void> {
    const records = readings.map(
      ({ id, time, temp, seq }) => `${id},${time},${temp},${seq},gateway-01\r\n`,
    );
    const content = `id,time,temp,seq,gateway\r\n${records.join('')}`;
    await archive.container
      .getBlockBlobClient('readings/2026/06/01/00/job.csv')
      .upload(content, Buffer.byteLength(content));
  }

  it('leaves blocks that hold nonsense to the ledger at once, and uploads the others', async () => {
    archive.writeSasFile(sasFile, port());
    const contents = [Buffer.of(1, 0), packReadings(['{"id":"Meter00"}', '7'], 'text')];
    const database = new Sqlite(module.databasePath);
    let lost = 0;
    for (const [index, content] of contents.entries()) {
      const damaged = `WHERE first_number = (SELECT first_number FROM blocks LIMIT 1 OFFSET ${index})`;
      lost += Number(database.prepare(`SELECT readings FROM blocks ${damaged}`).pluck().get());
      database.prepare(`UPDATE blocks SET content = ? ${damaged}`).run(content);
    }
    database.close();
    switchOn();
    await uploaded();
    assert.equal(number('lost'), lost);
    const byHub = await drainByHub();
    await module.clock.advance(30_000);

    const told = module.client.sent
      .filter(({ properties }) => properties['kind'] === 'ledger')
      .flatMap(({ body }) => JSON.parse(body) as LedgerEntry[]);
    assert.ok(told.every(({ reason }) => reason === 'damaged on disk'));
    assert.equal(
      told.reduce((sum, { count }) => sum + count, 0),
      lost,
    );
    assert.equal(byHub.length + number('bulkReadings') + lost, READINGS);
    assert.deepEqual(module.failures, []);
  });
});
