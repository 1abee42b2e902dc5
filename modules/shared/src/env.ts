/**
 * Wiring and identity of a module: what edgeAgent, or iotedgehubdev, puts into its environment.
 *
 * Behaviour is not here: it comes from the module twin (`twin-config.ts`).
 */
import { z } from 'zod';
import { EdgeError } from './edge-error.ts';

/** What a module knows of its place before it connects. */
export interface ModuleEnvironment {
  readonly deviceId: string;
  readonly moduleId: string;
  /** The IoT Hub that the gateway belongs to. */
  readonly iotHubHostName: string;
  readonly logLevel: string;
  /** Folder of this module's database; a bind mount on a gateway. */
  readonly stateFolder: string;
  /** edgeHub's Prometheus metrics; without it the uplink is only trickled to. */
  readonly edgeHubMetricsUri: string | undefined;
  /** IoT Hub's host, where a handshake tells whether the link is up; undefined for not to try. */
  readonly uplinkProbe?: { readonly host: string; readonly port: number };
  /** Where to serve metrics for Prometheus; undefined for not at all. */
  readonly metrics: { readonly host: string; readonly port: number } | undefined;
  /** File with the address and the signature of the container for uploads; its content is secret. */
  readonly bulkSasFile?: string;
  /** Address of that container, for signing in with Microsoft Entra ID. */
  readonly bulkContainerUrl?: string;
  /** Where to leave a sign of life for the container's health check; set in the image. */
  readonly heartbeatFile: string | undefined;
}

const Variables = z.object({
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  STATE_FOLDER: z.string().min(1).optional(),
  EDGEHUB_METRICS_URI: z.url({ protocol: /^https?$/ }).optional(),
  UPLINK_PROBE_PORT: z.coerce.number().int().min(1).max(65_535).optional(),
  METRICS_HOST: z.string().min(1).default('127.0.0.1'),
  METRICS_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  HEARTBEAT_FILE: z.string().min(1).optional(),
  BULK_SAS_FILE: z.string().min(1).optional(),
  BULK_CONTAINER_URL: z.url({ protocol: /^https?$/ }).optional(),
});

/** The variables without which the SDK cannot reach edgeHub. Source: azure-iot-device, ModuleClient. */
const EDGE_VARIABLES = [
  'IOTEDGE_WORKLOADURI',
  'IOTEDGE_DEVICEID',
  'IOTEDGE_MODULEID',
  'IOTEDGE_IOTHUBHOSTNAME',
  'IOTEDGE_AUTHSCHEME',
  'IOTEDGE_MODULEGENERATIONID',
];

/**
 * Reads a module's environment.
 *
 * @throws EdgeError ENVIRONMENT naming the variable, never its value
 */
export function readEnv(variables: NodeJS.ProcessEnv): ModuleEnvironment {
  const identity = readIdentity(variables);
  const present = Object.entries(variables).filter(([, value]) => value !== '');
  const parsed = Variables.safeParse(Object.fromEntries(present));
  if (!parsed.success) {
    const name = String(parsed.error.issues[0]?.path[0]);
    throw new EdgeError(
      'ENVIRONMENT',
      `The environment variable ${name} is not usable: correct it in the deployment manifest.`,
    );
  }
  const { LOG_LEVEL, STATE_FOLDER, EDGEHUB_METRICS_URI, HEARTBEAT_FILE } = parsed.data;
  const { UPLINK_PROBE_PORT: probePort, METRICS_HOST, METRICS_PORT } = parsed.data;
  const { BULK_SAS_FILE: bulkSasFile, BULK_CONTAINER_URL: bulkContainerUrl } = parsed.data;
  return {
    ...identity,
    logLevel: LOG_LEVEL,
    stateFolder: STATE_FOLDER ?? `/var/lib/${identity.moduleId}`,
    edgeHubMetricsUri: EDGEHUB_METRICS_URI,
    metrics: METRICS_PORT === undefined ? undefined : { host: METRICS_HOST, port: METRICS_PORT },
    heartbeatFile: HEARTBEAT_FILE,
    ...(bulkSasFile === undefined ? {} : { bulkSasFile }),
    ...(bulkContainerUrl === undefined ? {} : { bulkContainerUrl }),
    ...(probePort === undefined
      ? {}
      : { uplinkProbe: { host: identity.iotHubHostName, port: probePort } }),
  };
}

interface Identity {
  readonly deviceId: string;
  readonly moduleId: string;
  readonly iotHubHostName: string;
}

function readIdentity(variables: NodeJS.ProcessEnv): Identity {
  const connectionString = variables['EdgeHubConnectionString'];
  if (connectionString !== undefined && connectionString !== '') {
    return identityOf(connectionString);
  }
  const missing = EDGE_VARIABLES.find((name) => (variables[name] ?? '') === '');
  if (missing !== undefined) {
    throw new EdgeError(
      'ENVIRONMENT',
      `The environment variable ${missing} is missing: a module is started by edgeAgent, ` +
        'or with EdgeHubConnectionString and EdgeModuleCACertificateFile from iotedgehubdev.',
    );
  }
  return {
    deviceId: variables['IOTEDGE_DEVICEID'] ?? '',
    moduleId: variables['IOTEDGE_MODULEID'] ?? '',
    iotHubHostName: variables['IOTEDGE_IOTHUBHOSTNAME'] ?? '',
  };
}

function identityOf(connectionString: string): Identity {
  const field = (name: string) => new RegExp(`(?:^|;)${name}=([^;]+)`).exec(connectionString)?.[1];
  const deviceId = field('DeviceId');
  const moduleId = field('ModuleId');
  if (deviceId === undefined || moduleId === undefined || field('SharedAccessKey') === undefined) {
    throw new EdgeError(
      'ENVIRONMENT',
      'EdgeHubConnectionString needs DeviceId, ModuleId and SharedAccessKey: ' +
        'print it again with iotedgehubdev modulecred.',
    );
  }
  return { deviceId, moduleId, iotHubHostName: field('HostName') ?? '' };
}
