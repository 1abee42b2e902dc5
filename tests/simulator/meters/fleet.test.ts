import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { startMeters } from '../../../simulator/meters/start-meters.ts';
import { readJournal } from '../../../simulator/proof/oracle/measured.ts';
import { controlClient } from '../../../simulator/wire/control-api.ts';
import type { RunningService } from '../../../simulator/wire/local-process.ts';
import { createLogger } from '../../../simulator/wire/logger.ts';
import type { MeterSettings, Settings } from '../../../simulator/wire/settings.ts';
import { TestAzure } from '../../support/azure.ts';
import { eventually } from '../../support/eventually.ts';

const FleetStatus = z.object({
  meters: z.array(
    z.object({
      id: z.string(),
      state: z.string(),
      temp: z.number().nullable(),
      produced: z.number(),
      acknowledged: z.number(),
      error: z.string().nullable(),
      pinnedTemp: z.number().nullable(),
    }),
  ),
  produced: z.number(),
  acknowledged: z.number(),
  injected: z.number(),
  planDone: z.boolean(),
});

const Registrations = z.object({
  deviceProvisioning: z.object({
    registrations: z.array(z.object({ registrationId: z.string(), atMs: z.number() })),
  }),
  iotHub: z.object({
    devices: z.array(z.object({ deviceId: z.string(), parent: z.string().nullable() })),
  }),
});

const DIRECT_METER: MeterSettings = {
  count: 1,
  direct: 1,
  manual: false,
  intervalMs: 50,
  historySeconds: 0,
  seed: 1,
};

describe('fleet of meters with the local Azure', function () {
  this.timeout(20_000);
  let azure: TestAzure;
  let settings: Settings;
  let fleet: RunningService | undefined;

  beforeEach(async () => {
    azure = await TestAzure.start();
  });

  afterEach(async () => {
    await fleet?.stop();
    fleet = undefined;
    await azure.stop();
  });

  async function start(meters: Partial<MeterSettings> = {}): Promise<void> {
    settings = { ...azure.settings, meters: { ...DIRECT_METER, ...meters } };
    fleet = await startMeters({ settings, log: createLogger('meters', 'silent') });
  }

  async function restart(meters: Partial<MeterSettings> = {}): Promise<void> {
    await fleet?.stop();
    await start(meters);
  }

  async function status() {
    return FleetStatus.parse(await controlClient(settings, 'meters').get('/status'));
  }

  async function meter() {
    const [first] = (await status()).meters;
    assert.ok(first !== undefined);
    return first;
  }

  const click = (command: string, body?: unknown) =>
    controlClient(settings, 'meters').post(`/meters/Meter01/${command}`, body);

  const journal = () => readJournal(join(settings.stateFolder, 'meters', 'journal.db'));

  it('comes up by itself: registered, connected and transmitting', async () => {
    await start();
    await eventually(async () => assert.equal((await meter()).state, 'transmitting'));
  });

  it('begins with its history, once', async () => {
    await start({ historySeconds: 20, intervalMs: 10_000 });
    await eventually(async () => assert.equal((await status()).acknowledged, 2));
    await restart({ historySeconds: 20, intervalMs: 10_000 });
    await eventually(async () => assert.equal((await meter()).state, 'connected'));
    assert.equal((await status()).produced, 2);
  });

  it('sends what a plan asks for and says when it is done', async () => {
    await start({ plan: { readings: 1_500, anomalies: 2, endMs: Date.UTC(2026, 10, 22) } });
    await eventually(async () => assert.equal((await status()).planDone, true));
    const { acknowledged, injected } = await status();
    assert.deepEqual([acknowledged, injected], [1_500, 2]);
    assert.equal(journal()[0]?.readings.at(-1)?.time, '2026-11-22T00:00:00.000Z');
  });

  it('makes the readings of a paced plan as far as it is allowed to', async () => {
    const plan = { readings: 100, anomalies: 0, endMs: Date.UTC(2026, 10, 22) };
    await start({ plan: { ...plan, batchReadings: 7, paced: true } });
    const control = controlClient(settings, 'meters');
    await control.post('/allow', { readings: 40 });
    await eventually(async () => assert.equal((await status()).acknowledged, 40));
    assert.deepEqual([(await status()).produced, (await status()).planDone], [40, false]);

    await control.post('/allow', { readings: 100 });

    await eventually(async () => assert.equal((await status()).planDone, true));
    assert.equal((await status()).acknowledged, 100);
  });

  it('goes on after a restart without registering again, seq and all', async () => {
    await start();
    await eventually(async () => assert.ok((await meter()).acknowledged > 2));
    const before = Registrations.parse(await azure.control.get('/status')).deviceProvisioning;
    const { produced } = await meter();
    await restart();
    await eventually(async () => assert.ok((await meter()).acknowledged > produced + 2));
    const after = Registrations.parse(await azure.control.get('/status')).deviceProvisioning;
    assert.deepEqual(after.registrations, before.registrations);
    const seqs = journal()[0]?.readings.map(({ seq }) => seq) ?? [];
    assert.ok(seqs.every((seq, index) => seq === (seqs[0] ?? 0) + index));
  });

  it('sends again what nobody had acknowledged while the hub was away', async () => {
    await start();
    await eventually(async () => assert.equal((await meter()).state, 'transmitting'));
    await azure.restart();
    await eventually(async () => {
      const { state, produced, acknowledged } = await meter();
      assert.equal(state, 'transmitting');
      assert.ok(produced - acknowledged <= 2);
    });
  });

  it('does nothing by itself in manual mode, and refuses clicks out of turn', async () => {
    await start({ manual: true });
    assert.equal((await meter()).state, 'new');
    await assert.rejects(click('register', {}), /Pass "idScope" and "groupKey"/);
    const registration = { idScope: settings.idScope, groupKey: 'a2V5' };
    await assert.rejects(click('register', registration), /Install Meter01 first/);
    await click('install');
    await assert.rejects(click('connect'), /Register Meter01 first/);
    await assert.rejects(click('spike'), /Connect Meter01 first/);
  });

  it('says why a registration is refused, and registers when the key is right', async () => {
    await start({ manual: true });
    await click('install');
    const { idScope, secrets } = settings;
    const wrongScope = { idScope: '0neNoSuch', groupKey: secrets.enrollmentGroupKey };
    await assert.rejects(click('register', wrongScope), /knows no ID scope 0neNoSuch/);
    const wrongKey = /Device Provisioning refuses Meter01: wrong group key/;
    await assert.rejects(click('register', { idScope, groupKey: 'd3Jvbmc=' }), wrongKey);
    assert.match((await meter()).error ?? '', wrongKey);
    assert.equal((await meter()).state, 'installed');
    await click('register', { idScope, groupKey: secrets.enrollmentGroupKey });
    assert.equal((await meter()).state, 'registered');
    assert.equal((await meter()).error, null);
  });

  it('measures from connect to disconnect, pinned and spiked by hand', async () => {
    await start({ manual: true });
    await click('install');
    const { idScope, secrets } = settings;
    await click('register', { idScope, groupKey: secrets.enrollmentGroupKey });
    await click('pin', { temp: 66 });
    await click('connect');
    await eventually(async () => assert.equal((await meter()).temp, 66));
    await click('spike');
    await eventually(() => assert.ok(journal()[0]?.readings.some(({ temp }) => temp === 86)));
    await click('unpin');
    assert.equal((await meter()).pinnedTemp, null);
    await click('disconnect');
    const { produced, state } = await meter();
    assert.equal(state, 'registered');
    await restart({ manual: true });
    await eventually(async () => assert.equal((await meter()).produced, produced));
  });

  it('refuses a pin that is no temperature and a meter that is not there', async () => {
    await start({ manual: true });
    await assert.rejects(click('pin', { temp: 'warm' }), /degrees Fahrenheit\}, -100 to 300/);
    const nobody = controlClient(settings, 'meters').post('/meters/Meter77/install');
    await assert.rejects(nobody, /There is no meter Meter77/);
  });

  it('makes meters behind the gateway its children', async () => {
    await start({ direct: 0 });
    await eventually(async () => {
      const { devices } = Registrations.parse(await azure.control.get('/status')).iotHub;
      const parent = devices.find(({ deviceId }) => deviceId === 'Meter01')?.parent;
      assert.equal(parent, settings.gatewayDeviceId);
    });
  });

  it('keeps device keys readable by their owner and out of the status', async () => {
    await start();
    await eventually(async () => assert.equal((await meter()).state, 'transmitting'));
    const path = join(settings.stateFolder, 'meters', 'credentials', 'Meter01.json');
    const { key } = z.object({ key: z.string() }).parse(JSON.parse(readFileSync(path, 'utf8')));
    assert.ok(!JSON.stringify(await status()).includes(key));
  });
});
