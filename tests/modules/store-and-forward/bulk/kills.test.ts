/** Uploads by a real process to a real Azurite, killed at every step. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readDatabase } from '../../../../modules/shared/src/database.ts';
import { Upload, type Reading } from '../../../../modules/shared/src/wire-contract.ts';
import { exportedTexts } from '../../../../modules/store-and-forward/src/tool/exports.ts';
import { startAzurite, type Azurite } from '../../../support/azurite.ts';
import { BlobProxy, type Interruption } from '../../../support/blob-proxy.ts';
import { eventually } from '../../../support/eventually.ts';
import { ModuleProcess } from '../../../support/module-process.ts';
import { testSettings, type TestSettings } from '../../../support/settings.ts';
import { StubEdgeHub } from '../../../support/stub-edge-hub.ts';
import { BlobArchive } from './blob-archive.ts';

const READINGS = 10_000;
const ALWAYS = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY };
const BASE_MS = Date.parse('2026-06-01T10:00:00Z');

/** Five meters over 28 hours. */
const readings: Reading[] = Array.from({ length: READINGS }, (_, index) => ({
  id: `Meter0${index % 5}`,
  time: new Date(BASE_MS + index * 10_000).toISOString(),
  temp: 70 + (index % 40) / 10,
  seq: Math.floor(index / 5),
}));

interface Manifest {
  readonly readings: number;
  readonly files: { name: string; readings: number; bytes: number; sha256: string }[];
}

describe('an upload of the backlog', function () {
  this.timeout(90_000);
  let azurite: Azurite;
  let test: TestSettings;
  let archive: BlobArchive;
  let proxy: BlobProxy;
  let hub: StubEdgeHub;
  let folder: string;
  let module: ModuleProcess;

  before(async () => {
    test = await testSettings();
    azurite = await startAzurite(test.settings);
    archive = new BlobArchive(test.settings);
  });
  after(async () => {
    await azurite.stop();
    await test.cleanup();
  });

  beforeEach(async () => {
    await archive.container.create();
    proxy = await BlobProxy.start(test.settings.ports.blob);
    hub = await StubEdgeHub.start();
    // Small messages, so that few readings fill the outbox and the rest waits in blocks.
    hub.desired = { maxMessageBytes: 4_096, $version: 1 };
    folder = mkdtempSync(join(tmpdir(), 'bulk-'));
    archive.writeSasFile(join(folder, 'sas'), proxy.port);
  });
  afterEach(async () => {
    await module.end('SIGKILL');
    await hub.stop();
    await proxy.stop();
    rmSync(folder, { recursive: true });
    await archive.container.delete();
  });

  function start(): void {
    module = ModuleProcess.start('store-and-forward', {
      ...hub.environment,
      STATE_FOLDER: folder,
      BULK_SAS_FILE: join(folder, 'sas'),
    });
  }

  /** Takes all readings in; then the bulk path is switched on. */
  async function takeIn(): Promise<void> {
    for (let first = 0; first < READINGS; first += 1_000) {
      hub.input('telemetry', readings.slice(first, first + 1_000));
    }
    start();
    await eventually(() => assert.equal(hub.unacknowledged, 0, module.output), 30_000);
    hub.patchDesired({ bulkAfterReadings: 2_000 });
  }

  /** The messages that name manifests, each once. */
  function uploads(): Upload[] {
    const byId = new Map<string, string>();
    for (const { properties, messageId, body } of hub.published) {
      if (properties['kind'] !== 'upload') continue;
      assert.equal(byId.get(messageId) ?? body, body, 'one id, two messages');
      byId.set(messageId, body);
    }
    return [...byId.values()].map((body) => Upload.parse(JSON.parse(body)));
  }

  /** What the module says of itself. */
  const status = async () =>
    (await hub.invoke('status')).payload as Readonly<Record<string, number>>;

  /** Resolves when the module was killed at a request. */
  function killedAt(
    wanted: (request: string, number: number) => boolean,
    when: Interruption,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const kill = () => module.end('SIGKILL').then(() => resolve(), reject);
      proxy.interrupt(wanted, when, kill);
    });
  }

  it('neither loses nor doubles a reading, whenever it is killed', async () => {
    const isManifest = (request: string) => request.includes('/uploads/');
    const beforeTheFirstFile = killedAt(() => true, 'before');
    await takeIn();
    await beforeTheFirstFile;
    const steps = [
      () => killedAt((_, number) => number === proxyRequests + 7, 'after'),
      () => killedAt(isManifest, 'before'),
      () => killedAt(isManifest, 'after'),
    ];
    let proxyRequests = 0;
    for (const step of steps) {
      proxyRequests = proxy.requests.length;
      const killed = step();
      start();
      await killed;
      assert.equal(uploads().length, 0, 'the hub was told too early');
    }
    start();
    await eventually(() => assert.ok(uploads().length > 0, module.output), 20_000);
    const { acceptedReadings, forwardedReadings = 0, bulkReadings } = await status();
    await module.end('SIGTERM');

    const records = await archive.records();
    const told = uploads().reduce((sum, upload) => sum + upload.readings, 0);
    assert.equal(told, records.length);
    assert.equal(bulkReadings, told);
    assert.equal(acceptedReadings, READINGS);
    assert.ok(forwardedReadings >= told);
    assert.deepEqual(accounted(records), readings.map(identity).toSorted());
    await assertListed();
    assert.doesNotMatch(module.output, /sig=/);
  });

  /** The manifest lists what there is, and every file has the cold path's layout. */
  async function assertListed(): Promise<void> {
    const [manifestBlob] = await archive.blobs('uploads/');
    const manifest = JSON.parse(manifestBlob?.text ?? '') as Manifest;
    const files = await archive.blobs('readings/');

    assert.equal(uploads()[0]?.manifest, manifestBlob?.name);
    assert.ok(files.length > 3);
    assert.deepEqual(
      files.map(({ name, text }) => [name, createHash('sha256').update(text).digest('hex')]),
      manifest.files.map(({ name, sha256 }) => [name, sha256]),
    );
    for (const { name, text } of files) {
      const [, hour] = /^readings\/2026\/06\/0\d\/(\d\d)\/bulk_gateway-01_/.exec(name) ?? [];
      const [header, first] = text.split('\r\n');
      assert.equal(header, 'id,time,temp,seq,gateway,archiveHour');
      assert.match(
        first ?? '',
        new RegExp(`^Meter0\\d,2026-06-0\\dT${hour}:.*,gateway-01,2026/06/0\\d/${hour}$`),
      );
    }
  }

  /** Every reading that is in the archive, was sent, or waits; of these at most the last two share one. */
  function accounted(records: readonly string[]): string[] {
    const archived = records.map((record) => record.split(','));
    const sent = hub.published
      .filter(({ properties }) => properties['kind'] === 'telemetry')
      .flatMap(({ body }) => JSON.parse(body) as Reading[]);
    const byHub = new Set([...sent, ...waiting()].map(identity));
    return [...archived.map(([id, , , seq]) => `${id}/${seq}`), ...byHub].toSorted();
  }

  /** What the database still holds. */
  function waiting(): { id: string; seq: string }[] {
    const database = readDatabase(join(folder, 'store-and-forward.db'));
    const texts = [...exportedTexts(database, 'telemetry', ALWAYS, { records: 0, unreadable: 0 })];
    database.close();
    return texts
      .join('')
      .split('\r\n')
      .slice(1, -1)
      .map((record) => record.split(','))
      .map(([id = '', , , seq = '']) => ({ id, seq }));
  }
});

function identity({ id, seq }: { id: string; seq?: number | string | undefined }): string {
  return `${id}/${seq}`;
}
