/**
 * The one file that every local process starts from: addresses, folders and keys of this machine.
 *
 * The supervisor writes `<stateFolder>/settings.json` (readable by its owner only) and passes its
 * path to each process as the first argument. Keys are made on first start and belong to this
 * machine alone.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const Port = z.int().min(1).max(65_535);

/** Ports on 127.0.0.1. */
export const Ports = z.object({
  /** Device Provisioning, MQTT over TLS. */
  deviceProvisioning: Port,
  /** Device Provisioning, HTTPS: its device API and its service API. */
  deviceProvisioningHttps: Port,
  /** Device Provisioning, AMQP over TLS. */
  deviceProvisioningAmqp: Port,
  /** IoT Hub, MQTT over TLS: direct meters. */
  iotHubMqtt: Port,
  /** IoT Hub, REST over HTTPS: registry, twins, direct methods. */
  iotHubHttps: Port,
  /** Event Hubs, AMQP (the built-in endpoint and the named hubs). */
  eventHubs: Port,
  /** IoT Hub's MQTT as the gateway sees it, through the link that can be cut. */
  linkMqtt: Port,
  /** IoT Hub's REST as the gateway sees it, through the link that can be cut. */
  linkHttps: Port,
  /** edgeHub, MQTT over TLS: modules and the meters behind the gateway. */
  edgeHubMqtt: Port,
  /** edgeHub's Prometheus metrics, HTTP. */
  edgeHubMetrics: Port,
  /** Workload API, HTTP. */
  workload: Port,
  /** SMTP of the mailbox. */
  smtp: Port,
  /** Azurite; its queue service is started with the others and not used. */
  blob: Port,
  queue: Port,
  table: Port,
  /** Azure SQL, TDS. */
  sql: Port,
  /** HTTP-triggered functions. */
  functions: Port,
  dashboard: Port,
  /** Recorder of what would go to Power BI; its API and a page. */
  powerBi: Port,
  console: Port,
  /** Software TPM, as a resource manager; 2323 is where Microsoft's TPM library looks for one. */
  tpm: Port,
  /** Control API of each process (`simulator/wire/control-api.ts`). */
  control: z.object({
    azure: Port,
    jobs: Port,
    functions: Port,
    link: Port,
    edgeHub: Port,
    edgeAgent: Port,
    meters: Port,
    console: Port,
  }),
});
export type Ports = z.infer<typeof Ports>;

/** Everything here is secret: never logged, never on a page unless asked for. */
export const Secrets = z.object({
  /** Primary key of the enrollment group, base64. */
  enrollmentGroupKey: z.string(),
  /** Primary key of the gateway's device identity, base64. */
  gatewayKey: z.string(),
  /** Key of the hub's shared access policy `iothubowner`, base64. */
  iotHubOwnerKey: z.string(),
  /** Key of Device Provisioning's shared access policy `provisioningserviceowner`, base64. */
  deviceProvisioningOwnerKey: z.string(),
  /** Key of the Event Hubs namespace policy `RootManageSharedAccessKey`. */
  eventHubsKey: z.string(),
  /** Azurite account key, base64. */
  storageKey: z.string(),
  /** Password of the database's administrator and users. */
  sqlPassword: z.string(),
  /** Bearer token of the control APIs. */
  controlToken: z.string(),
});
export type Secrets = z.infer<typeof Secrets>;

/** How the meters behave (`simulator/meters`). */
export const MeterSettings = z.object({
  /** Meters in the building. */
  count: z.int().min(0).max(10_000),
  /** How many of them connect straight to IoT Hub; the rest go through the gateway. */
  direct: z.int().min(0).max(10_000),
  /** Nothing happens until somebody clicks. */
  manual: z.boolean(),
  /** Milliseconds between live readings. */
  intervalMs: z.int().min(10),
  /** Seconds of history sent first, at speed. */
  historySeconds: z.int().min(0),
  seed: z.int().min(0),
  /** The last meter keeps its key in a TPM: this machine's (`/dev/tpmrm0`), or one in software. */
  tpm: z.enum(['device', 'software']).optional(),
  /** A CSV of `timestamp,value` that every meter replays instead of generating readings. */
  replayFile: z.string().optional(),
  /** A fixed amount of work, as the proof uses it: the fleet sends just these readings and stops. */
  plan: z
    .object({
      /** Readings of all meters together. */
      readings: z.int().min(1),
      /** Injected anomalies of all meters together. */
      anomalies: z.int().min(0),
      /** Instant of each meter's last reading, epoch milliseconds. */
      endMs: z.int(),
      /** Most readings in one message; 100 without it. */
      batchReadings: z.int().min(1).max(100).optional(),
      /** Readings are made only as far as `POST /allow` goes, instead of all at once. */
      paced: z.boolean().optional(),
    })
    .optional(),
});
export type MeterSettings = z.infer<typeof MeterSettings>;

/** The local system, as every process of it knows it. */
export const Settings = z.object({
  /** Absolute path; each process keeps its state in a folder of its own in it. */
  stateFolder: z.string(),
  /** Absolute path of the project: manifests, queries, built pages. */
  projectFolder: z.string(),
  /** Logical host names, used in tokens and user names; TCP goes to 127.0.0.1. */
  iotHubHostName: z.string(),
  deviceProvisioningHostName: z.string(),
  idScope: z.string(),
  enrollmentGroupId: z.string(),
  /** Device id of the IoT Edge gateway. */
  gatewayDeviceId: z.string(),
  /** Deployment manifest that edgeAgent reads, absolute path. */
  manifestFile: z.string(),
  /** One unacknowledged message per module, as the real edgeHub does. */
  faithful: z.boolean(),
  /** Seconds the Function waits for more anomalies before an incident's first mail. */
  groupWaitSeconds: z.number().min(0),
  /** The switch of the hot path's Power BI outputs, and with it of their recorder. */
  powerBi: z.boolean(),
  logLevel: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
  meters: MeterSettings,
  ports: Ports,
  secrets: Secrets,
});
export type Settings = z.infer<typeof Settings>;

/**
 * Reads the settings that the supervisor wrote.
 *
 * @throws Error naming the file and the field when it is missing or malformed.
 */
export function readSettings(path: string | undefined): Settings {
  if (path === undefined) throw new Error('Pass the path of settings.json as the first argument.');
  const parsed = Settings.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (parsed.success) return parsed.data;
  throw new Error(`${path} is not usable: ${z.prettifyError(parsed.error)}. Start with --fresh.`);
}
