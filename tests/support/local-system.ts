/** The whole local system, as `npm start` runs it, on free ports and with a state folder of its own. */
import { testSettings } from './settings.ts';
import type { MeterSettings, Settings } from '../../simulator/wire/settings.ts';
import { startSystem, type LocalSystem } from '../../simulator/supervisor/system.ts';

export interface TestSystem {
  readonly system: LocalSystem;
  /** Starts again on the same state, after `stop`. */
  restart(): Promise<LocalSystem>;
  /** Stops everything and removes the state. */
  end(): Promise<void>;
}

/** Starts the compiled processes (`npm test` builds them first). */
export async function startTestSystem(
  meters: Partial<MeterSettings>,
  overrides: Partial<Settings> = {},
): Promise<TestSystem> {
  const { settings, cleanup } = await testSettings();
  const { secrets: _secrets, ...chosen } = {
    ...settings,
    logLevel: 'info' as const,
    ...overrides,
    meters: { ...settings.meters, ...meters },
  };
  let system = await startSystem({ chosen, fresh: true });
  return {
    system,
    restart: async () => (system = await startSystem({ chosen, fresh: false })),
    end: async () => {
      await system.stop();
      await cleanup();
    },
  };
}
