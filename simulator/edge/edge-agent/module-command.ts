/** A manifest entry as a process of this machine. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../../wire/settings.ts';
import type { ManifestModule } from '../manifest/read-manifest.ts';
import type { ModuleCommand } from './module-process.ts';

/** Variables of edgeAgent's own environment that its modules need. */
const INHERITED = ['PATH', 'HOME', 'TZ', 'SUPERVISOR_PID'];

/**
 * The command of a module, with the variables that edgeAgent sets in a container.
 *
 * Source of the names: Azure/iotedge, CreateOrUpdateCommand.cs, GetEnvVars. Paths and addresses of
 * the container's world are replaced by this machine's.
 */
export function moduleCommand(
  settings: Settings,
  module: ManifestModule,
  own: { readonly generationId: string; readonly inherited: NodeJS.ProcessEnv },
): ModuleCommand {
  const { stateFolder, projectFolder } = settings;
  const inherited = INHERITED.flatMap((name) => {
    const value = own.inherited[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    file: module.image,
    nodeArguments: guardArguments(projectFolder),
    environment: {
      ...Object.fromEntries(inherited),
      LOG_LEVEL: settings.logLevel,
      ...module.environment,
      ...runtimeVariables(settings, module.id, own.generationId),
      ...localVariables(settings, module),
    },
    logFile: join(stateFolder, 'logs', `${module.id}.log`),
    recordFile: join(stateFolder, 'edge-agent', 'processes', `${module.id}.json`),
  };
}

function runtimeVariables(
  settings: Settings,
  moduleId: string,
  generationId: string,
): Record<string, string> {
  return {
    IOTEDGE_WORKLOADURI: `http://127.0.0.1:${settings.ports.workload}/`,
    IOTEDGE_AUTHSCHEME: 'sasToken',
    IOTEDGE_MODULEGENERATIONID: generationId,
    IOTEDGE_IOTHUBHOSTNAME: settings.iotHubHostName,
    IOTEDGE_GATEWAYHOSTNAME: `localhost:${settings.ports.edgeHubMqtt}`,
    IOTEDGE_DEVICEID: settings.gatewayDeviceId,
    IOTEDGE_MODULEID: moduleId,
    IOTEDGE_APIVERSION: '2018-06-28',
  };
}

/** What a bind mount and the container network do on a gateway. */
function localVariables(settings: Settings, { id, environment }: ModuleManifestPart) {
  const metrics = `http://127.0.0.1:${settings.ports.edgeHubMetrics}/metrics`;
  return {
    ...('STATE_FOLDER' in environment
      ? { STATE_FOLDER: join(settings.stateFolder, 'modules', id) }
      : {}),
    // One network for all of them: each takes a free port, and tells which in its log and its status.
    ...('METRICS_PORT' in environment ? { METRICS_HOST: '127.0.0.1', METRICS_PORT: '0' } : {}),
    ...('EDGEHUB_METRICS_URI' in environment ? { EDGEHUB_METRICS_URI: metrics } : {}),
    // The hub's name may be somebody's: nothing here looks for it outside of this machine.
    ...('UPLINK_PROBE_PORT' in environment ? { UPLINK_PROBE_PORT: '' } : {}),
  };
}

type ModuleManifestPart = Pick<ManifestModule, 'id' | 'environment'>;

/** Modules end with the supervisor, of which they know nothing. */
function guardArguments(projectFolder: string): string[] {
  const guard = join(projectFolder, 'dist/simulator/supervisor/guard.js');
  return existsSync(guard) ? ['--import', guard] : [];
}
