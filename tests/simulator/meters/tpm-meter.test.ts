import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { startMeters } from '../../../simulator/meters/start-meters.ts';
import { MeterTpm } from '../../../simulator/meters/meter-tpm.ts';
import { connectTcpTpm } from '../../../simulator/tpm/tcp-tpm.ts';
import { startSoftwareTpm } from '../../../simulator/tpm/software/software-tpm.ts';
import { controlClient } from '../../../simulator/wire/control-api.ts';
import type { RunningService } from '../../../simulator/wire/local-process.ts';
import { createLogger } from '../../../simulator/wire/logger.ts';
import type { Settings } from '../../../simulator/wire/settings.ts';
import { TestAzure } from '../../support/azure.ts';
import { compiled } from '../../support/compiled.ts';
import { eventually } from '../../support/eventually.ts';
import { PROJECT_FOLDER } from '../../support/project-folder.ts';
import { describeWithSwtpm } from '../../support/software-tpm.ts';

const Status = z.object({
  meters: z.array(z.object({ id: z.string(), state: z.string(), error: z.string().nullable() })),
});
const Peek = z.object({
  events: z.array(
    z.object({
      messageId: z.string().nullable(),
      systemProperties: z.record(z.string(), z.unknown()),
    }),
  ),
});

const log = createLogger('test', 'silent');

describe('a meter that is to have a TPM', function () {
  this.timeout(20_000);

  it('says what is missing when there is none, and goes on trying', async () => {
    const azure = await TestAzure.start();
    const settings = settingsOf(azure);
    const fleet = await startMeters({ settings, log });
    await eventually(async () => {
      await assert.rejects(
        controlClient(settings, 'meters').post('/meters/Meter02/enroll'),
        /nobody listens on 127\.0\.0\.1:\d+.*swtpm/,
      );
    });
    const { meters } = Status.parse(await controlClient(settings, 'meters').get('/status'));
    assert.equal(meters.find(({ id }) => id === 'Meter02')?.state, 'installed');
    await fleet.stop();
    await azure.stop();
  });
});

function settingsOf(azure: TestAzure, more: Partial<Settings['meters']> = {}): Settings {
  const meters = {
    count: 2,
    direct: 2,
    manual: false,
    intervalMs: 100,
    historySeconds: 0,
    seed: 1,
    tpm: 'software',
    ...more,
  } as const;
  return { ...azure.settings, meters };
}

describeWithSwtpm('a meter with a TPM', function () {
  this.timeout(20_000);
  let azure: TestAzure;
  let settings: Settings;
  let tpm: RunningService;
  let fleet: RunningService | undefined;

  before(async () => {
    azure = await TestAzure.start();
    settings = settingsOf(azure);
    tpm = await startTpm();
  });
  after(async () => {
    await fleet?.stop();
    await tpm.stop();
    await azure.stop();
  });

  const startTpm = () => startSoftwareTpm({ settings, log }, () => undefined);
  const stateOf = async (id: string) => {
    const { meters } = Status.parse(await controlClient(settings, 'meters').get('/status'));
    return meters.find((meter) => meter.id === id)?.state;
  };
  const transmits = () =>
    eventually(async () => assert.equal(await stateOf('Meter02'), 'transmitting'));

  it('goes from its endorsement key to telemetry', async () => {
    fleet = await startMeters({ settings, log });

    await transmits();

    const answer = await azure.control.get('/event-hubs/iothub-ehub-lab/peek?count=50');
    const devices = Peek.parse(answer).events.map(
      ({ systemProperties }) => systemProperties['iothub-connection-device-id'],
    );
    assert.ok(devices.includes('Meter02'));
  });

  it('keeps no key on disk', async () => {
    const file = join(settings.stateFolder, 'meters/credentials/Meter02.json');
    const kept = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    assert.deepEqual(Object.keys(kept).toSorted(), ['assignedHub', 'deviceId', 'keyInTpm']);
  });

  it('signs in again after a restart, without registering', async () => {
    await fleet?.stop();
    await tpm.stop();
    tpm = await startTpm();
    fleet = await startMeters({ settings, log });
    await transmits();
  });

  it('waits for a TPM that went away', async () => {
    await fleet?.stop();
    await tpm.stop();
    fleet = await startMeters({ settings, log });
    await eventually(async () => {
      const { meters } = Status.parse(await controlClient(settings, 'meters').get('/status'));
      assert.match(meters.at(-1)?.error ?? '', /There is no TPM.*Trying again/);
    });
    tpm = await startTpm();
    await transmits();
  });

  it('is shown, enrolled and provisioned by npm run tpm', async () => {
    writeFileSync(join(settings.stateFolder, 'settings.json'), JSON.stringify(settings));
    const meterTpm = new MeterTpm(() => connectTcpTpm(settings.ports.tpm));
    const { registrationId, endorsementKey } = await meterTpm.identity();

    const shown = await run('--show', '--device-id', 'Meter77');
    assert.ok(shown.includes(registrationId) && shown.includes(endorsementKey));
    assert.match(
      shown,
      /az iot dps enrollment create .*--attestation-type tpm.*--device-id Meter77/s,
    );

    assert.match(await run('--enroll', '--device-id', 'Meter77'), /is enrolled as Meter77/);
    assert.match(await run('--provision'), /The TPM is Meter77 at .*has acknowledged a message/);
  });

  async function run(...words: readonly string[]): Promise<string> {
    const args = [compiled('simulator/commands/tpm.ts'), ...words, '--state', settings.stateFolder];
    const child = spawn(process.execPath, args, { cwd: PROJECT_FOLDER });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    }
    const [code] = (await once(child, 'close')) as [number | null];
    assert.equal(code, 0, output);
    return output;
  }
});
