/**
 * Runs the modules of the deployment manifest, each as a process of its own.
 *
 * The workload API listens before the first module starts. Modules do not wait for the cloud: when
 * it cannot be reached, their identities are registered as soon as it can.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { ensureCertificates } from '../../wire/certificates.ts';
import { controlClient, ControlError, startControlApi } from '../../wire/control-api.ts';
import type { LocalProcessContext, RunningService } from '../../wire/local-process.ts';
import type { Settings } from '../../wire/settings.ts';
import { readLocalManifest, requireImages } from '../manifest/local-manifest.ts';
import type { Manifest } from '../manifest/read-manifest.ts';
import { startWorkloadApi } from '../workload-api/workload-api.ts';
import { moduleCommand } from './module-command.ts';
import { ModuleIdentities } from './module-identities.ts';
import { ModuleRunner } from './module-runner.ts';
import { registerModules, retryUntilDone } from './register-modules.ts';
import { FAITHFUL_BACK_OFF, LOCAL_BACK_OFF } from './restart-policy.ts';

/** Modules do not wait longer than this for the first attempt to register them. */
const REGISTRATION_PATIENCE_MS = 3_000;

/** Starts edgeAgent; `inherited` is the environment its modules take PATH and the like from. */
export async function startEdgeAgent(
  { settings, log }: LocalProcessContext,
  inherited: NodeJS.ProcessEnv,
): Promise<RunningService> {
  const manifest = readLocalManifest(settings);
  requireImages(manifest);
  const { caPem } = await ensureCertificates(settings);
  const identities = new ModuleIdentities(join(settings.stateFolder, 'edge-agent/identities.json'));
  identities.ensure(['$edgeAgent', '$edgeHub', ...manifest.modules.map(({ id }) => id)]);
  const workload = await startWorkloadApi({
    port: settings.ports.workload,
    trustBundlePem: caPem,
    sign: (moduleId, data) => identities.sign(moduleId, data),
  });
  const stopping = new AbortController();
  const attempt = () => register(settings, { caPem, identities, manifest });
  const first = attempt();
  const registered = first.catch((error: unknown) => {
    log.warn({ err: error }, 'modules not registered yet');
    return retryUntilDone(attempt, { signal: stopping.signal, log });
  });
  await atMost(first, REGISTRATION_PATIENCE_MS);

  const runners = manifest.modules.map((module) => {
    const generationId = identities.get(module.id)?.generationId ?? '';
    const command = moduleCommand(settings, module, { generationId, inherited });
    const backOff = settings.faithful ? FAITHFUL_BACK_OFF : LOCAL_BACK_OFF;
    return new ModuleRunner({ module, command, backOff, log });
  });
  for (const runner of runners) await runner.start();
  const control = await startControl({ settings, runners, identities });
  return {
    stop: async () => {
      stopping.abort();
      await control.stop();
      await Promise.all(runners.map((runner) => runner.stop()));
      await workload.stop();
      await registered;
    },
  };
}

async function register(
  settings: Settings,
  own: { caPem: string; identities: ModuleIdentities; manifest: Manifest },
): Promise<void> {
  const hub = {
    hostName: settings.iotHubHostName,
    port: settings.ports.linkHttps,
    caPem: own.caPem,
    identity: { deviceId: settings.gatewayDeviceId },
    key: settings.secrets.gatewayKey,
  };
  const moduleIds = own.manifest.modules.map(({ id }) => id);
  await registerModules(hub, own.identities, ['$edgeAgent', '$edgeHub', ...moduleIds]);
  // edgeHub also asks by itself; this only spares the modules their first refusal.
  await controlClient(settings, 'edgeHub')
    .post('/scope/refresh')
    .catch(() => undefined);
}

async function atMost(work: Promise<void>, patienceMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, patienceMs);
  });
  await Promise.race([work.catch(() => undefined), patience]);
  clearTimeout(timer);
}

const ModulePath = z.object({ id: z.string() });

function startControl({
  settings,
  runners,
  identities,
}: {
  settings: Settings;
  runners: readonly ModuleRunner[];
  identities: ModuleIdentities;
}): Promise<RunningService> {
  return startControlApi(settings, 'edgeAgent', (app) => {
    app.get('/status', () => ({ modules: runners.map(({ status }) => status) }));
    for (const command of ['restart', 'hold', 'release'] as const) {
      app.post(`/modules/:id/${command}`, async (request) => {
        const { id } = ModulePath.parse(request.params);
        const runner = runners.find(({ status }) => status.id === id);
        if (runner === undefined) throw new ControlError(404, `There is no module ${id}.`);
        await runner[command]();
        return runner.status;
      });
    }
    app.get('/modules/:id/connection-string', (request) => {
      const { id } = ModulePath.parse(request.params);
      const identity = identities.get(id);
      if (identity === undefined) throw new ControlError(404, `There is no module ${id}.`);
      return { connectionString: connectionString(settings, id, identity.key) };
    });
  });
}

/** What `iotedgehubdev modulecred` prints as EdgeHubConnectionString. Secret. */
function connectionString(settings: Settings, moduleId: string, key: string): string {
  return [
    `HostName=${settings.iotHubHostName}`,
    `GatewayHostName=localhost:${settings.ports.edgeHubMqtt}`,
    `DeviceId=${settings.gatewayDeviceId}`,
    `ModuleId=${moduleId}`,
    `SharedAccessKey=${key}`,
  ].join(';');
}
