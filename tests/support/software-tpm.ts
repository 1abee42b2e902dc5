/** A TPM in software for tests, in a folder of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startSoftwareTpm } from '../../simulator/tpm/software/software-tpm.ts';
import { hasSwtpm } from '../../simulator/tpm/software/swtpm.ts';
import type { RunningService } from '../../simulator/wire/local-process.ts';
import { testSettings } from './settings.ts';

/** `describe` where swtpm is installed; elsewhere these tests are not there (docs/provisioning.md). */
export const describeWithSwtpm: (title: string, tests: (this: Mocha.Suite) => void) => void =
  hasSwtpm() ? (title, tests) => void describe(title, tests) : () => undefined;

export interface TestTpm {
  /** Where its resource manager listens. */
  readonly port: number;
  /** Ends and starts again, with the same state. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function startTestTpm(): Promise<TestTpm> {
  const { settings: defaults, cleanup } = await testSettings();
  const stateFolder = await mkdtemp(join(tmpdir(), 'iot-end-to-end-tpm-'));
  const settings = { ...defaults, stateFolder };
  const log = pino({ level: 'silent' });
  const start = () => startSoftwareTpm({ settings, log }, () => undefined);
  let service: RunningService = await start();
  return {
    port: settings.ports.tpm,
    restart: async () => {
      await service.stop();
      service = await start();
    },
    stop: async () => {
      await service.stop();
      await rm(stateFolder, { recursive: true, force: true });
      await cleanup();
    },
  };
}
