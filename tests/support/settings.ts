/** Settings of a local system of its own for one test: free ports, a temporary state folder. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { holdFreePorts } from '../../simulator/supervisor/free-ports.ts';
import type { Settings } from '../../simulator/wire/settings.ts';

const PROJECT_FOLDER = fileURLToPath(new URL('../..', import.meta.url));

export interface TestSettings {
  readonly settings: Settings;
  /** Removes the state folder and gives the ports back; call it after everything that uses the settings has stopped. */
  readonly cleanup: () => Promise<void>;
}

/** Makes settings whose ports are free and nobody else's; `overrides` replaces whole top-level fields. */
export async function testSettings(overrides: Partial<Settings> = {}): Promise<TestSettings> {
  const { ports, release } = await holdFreePorts();
  const stateFolder = await mkdtemp(join(tmpdir(), 'iot-end-to-end-'));
  const settings: Settings = {
    stateFolder,
    projectFolder: PROJECT_FOLDER,
    iotHubHostName: 'lab-hub.azure-devices.net',
    deviceProvisioningHostName: 'lab-provisioning.azure-devices-provisioning.net',
    idScope: '0ne00000001',
    enrollmentGroupId: 'smart-meters',
    gatewayDeviceId: 'gateway-01',
    manifestFile: join(PROJECT_FOLDER, 'deployment.template.json'),
    faithful: false,
    powerBi: false,
    groupWaitSeconds: 0,
    logLevel: 'silent',
    meters: {
      count: 0,
      direct: 0,
      manual: false,
      intervalMs: 10_000,
      historySeconds: 0,
      seed: 1,
    },
    ports,
    secrets: testSecrets(),
    ...overrides,
  };
  const cleanup = async () => {
    await rm(stateFolder, { recursive: true, force: true });
    await release();
  };
  return { settings, cleanup };
}

function testSecrets(): Settings['secrets'] {
  return {
    enrollmentGroupKey: key(),
    gatewayKey: key(),
    iotHubOwnerKey: key(),
    deviceProvisioningOwnerKey: key(),
    eventHubsKey: key(),
    storageKey: randomBytes(64).toString('base64'),
    sqlPassword: key(),
    controlToken: randomBytes(16).toString('hex'),
  };
}

function key(): string {
  return randomBytes(32).toString('base64');
}
