/** Puts the fleet together from the settings. */
import { join } from 'node:path';
import { ensureCertificates } from '../wire/certificates.ts';
import { startControlApi } from '../wire/control-api.ts';
import { openTpm } from '../tpm/open-tpm.ts';
import type { LocalProcessContext, RunningService } from '../wire/local-process.ts';
import type { Settings } from '../wire/settings.ts';
import { meterRoutes } from './control.ts';
import { planFleet, spacingOf, type PlannedMeter } from './core/injection-plan.ts';
import { CredentialsStore } from './credentials.ts';
import { Fleet } from './fleet.ts';
import { Journal } from './journal.ts';
import { Meter } from './meter.ts';
import { MeterTpm } from './meter-tpm.ts';
import {
  generatedSource,
  plannedSource,
  replaySource,
  type ReadingSource,
} from './reading-source.ts';
import { readReplayFile } from './replay-file.ts';

/** Starts the meters and their control API. */
export async function startMeters({ settings, log }: LocalProcessContext): Promise<RunningService> {
  const sources = readingSources(settings);
  const folder = join(settings.stateFolder, 'meters');
  const { caPem } = await ensureCertificates(settings);
  const journal = new Journal(join(folder, 'journal.db'));
  const credentials = new CredentialsStore(join(folder, 'credentials'));
  const { ports } = settings;
  const { tpm } = settings.meters;
  const tpmMeter = tpm === undefined ? undefined : [...sources.keys()].at(-1)?.id;
  const meters = [...sources].map(
    ([{ id, isDirect }, source]) =>
      new Meter({
        id,
        connection: isDirect ? 'direct' : 'gateway',
        source,
        journal,
        credentials,
        ...(tpm === undefined || id !== tpmMeter
          ? {}
          : { tpm: new MeterTpm(() => openTpm(tpm, ports.tpm)) }),
        provisioningHttpsPort: ports.deviceProvisioningHttps,
        gatewayHost: `localhost:${isDirect ? ports.iotHubMqtt : ports.edgeHubMqtt}`,
        provisioningHost: `localhost:${ports.deviceProvisioning}`,
        caPem,
        seed: settings.meters.seed,
        batchReadings: settings.meters.plan?.batchReadings,
        log,
        onAcknowledged: (meter) => fleet.topUp(meter),
      }),
  );
  const fleet = new Fleet({ settings, journal, log }, meters);
  const control = await startControlApi(settings, 'meters', (app) =>
    meterRoutes(app, fleet, settings),
  );
  fleet.start();
  return {
    stop: async () => {
      await control.stop();
      await fleet.stop();
      journal.close();
    },
  };
}

/** The meters of the building, `Meter01` onward; the last ones connect straight to the hub. */
export function namedMeters({ count, direct }: Settings['meters']): PlannedMeter[] {
  const digits = Math.max(2, String(count).length);
  return Array.from({ length: count }, (_, index) => ({
    id: `Meter${String(index + 1).padStart(digits, '0')}`,
    isDirect: index >= count - direct,
  }));
}

/** @throws ReplayFileError, or Error when a plan does not fit */
function readingSources({ meters: settings }: Settings): Map<PlannedMeter, ReadingSource> {
  const meters = namedMeters(settings);
  const sourceOf = chooseSource(settings, meters);
  return new Map(meters.map((meter, index) => [meter, sourceOf(meter, index)]));
}

function chooseSource(
  settings: Settings['meters'],
  meters: readonly PlannedMeter[],
): (meter: PlannedMeter, index: number) => ReadingSource {
  const { seed, replayFile, plan, intervalMs } = settings;
  if (replayFile !== undefined) {
    const recording = replaySource(readReplayFile(replayFile));
    return () => recording;
  }
  const seedOf = (meter: PlannedMeter) => ({ ...spacingOf(meter), id: meter.id, seed });
  if (plan !== undefined) {
    const plans = planFleet(meters, plan, seed);
    const none = { readings: 0, injections: new Map() };
    return (meter) =>
      plannedSource(seedOf(meter), plans.get(meter.id) ?? none, { intervalMs, endMs: plan.endMs });
  }
  const first = certainInjection(settings);
  return (meter, index) => generatedSource({ ...seedOf(meter), ...(index === 0 ? first : {}) });
}

/** One anomaly late in the first meter's history, so that the first mail comes soon after a start. */
function certainInjection({ historySeconds, intervalMs }: Settings['meters']): {
  certainInjectionAt?: number;
} {
  const count = Math.floor((historySeconds * 1_000) / intervalMs);
  const at = Math.floor(count * 0.95);
  return at > spacingOf({ isDirect: false }).warmUpReadings ? { certainInjectionAt: at } : {};
}
