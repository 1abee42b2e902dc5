/**
 * A gateway of real processes: edge-hub as `npm start` runs it, modules as images hold them, and one process around
 * them that sends readings and plays IoT Hub.
 */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readLocalManifest } from '../../../simulator/edge/manifest/local-manifest.ts';
import type { Manifest } from '../../../simulator/edge/manifest/read-manifest.ts';
import { processSpec } from '../../../simulator/supervisor/processes.ts';
import { ensureCertificates } from '../../../simulator/wire/certificates.ts';
import type { Settings } from '../../../simulator/wire/settings.ts';
import { testSettings } from '../../support/settings.ts';
import type { Answer, Job, JobResults, Watched } from './jobs.ts';
import type { GatewayIdentities } from './stand-in-hub.ts';

const SURROUNDINGS = fileURLToPath(new URL('surroundings-main.ts', import.meta.url));
/** The load speaks in the name of this one, which therefore does not run. */
const LOAD = 'meter-simulator';

/** What runs on the path of readings. */
export const PATH_MODULES = ['store-and-forward', 'averager', 'anomaly-detector'] as const;

export interface BenchGatewayOptions {
  /** One unacknowledged message for each module. */
  readonly faithful: boolean;
  /** Folder with a bundle of each module. */
  readonly bundles: string;
  readonly modules: readonly string[];
  /** Over the manifest's desired properties, by module. */
  readonly desired?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** More flags for a process, by its name: for looking where the time goes. */
  readonly nodeFlags?: Readonly<Record<string, readonly string[]>>;
}

export class BenchGateway {
  readonly settings: Settings;
  readonly #options: BenchGatewayOptions;
  readonly #manifest: Manifest;
  readonly #identities: GatewayIdentities;
  readonly #processes = new Map<string, ChildProcess>();
  readonly #cleanup: () => Promise<void>;
  #caFile = '';

  private constructor(
    options: BenchGatewayOptions,
    { settings, cleanup }: Awaited<ReturnType<typeof testSettings>>,
  ) {
    this.#options = options;
    this.settings = settings;
    this.#cleanup = cleanup;
    this.#manifest = readLocalManifest(settings);
    const ids = this.#manifest.modules.map(({ id }) => id);
    const key = () => randomBytes(32).toString('base64');
    this.#identities = {
      keys: Object.fromEntries([...ids, '$edgeHub'].map((id) => [id, key()])),
      desired: Object.fromEntries(ids.map((id) => [id, options.desired?.[id] ?? {}])),
    };
  }

  static async start(options: BenchGatewayOptions): Promise<BenchGateway> {
    const gateway = new BenchGateway(options, await testSettings({ faithful: options.faithful }));
    await gateway.#start();
    return gateway;
  }

  /** Process ids by name, without the load. */
  get pids(): Watched {
    const running = [...this.#processes].filter(([name]) => name !== LOAD);
    return Object.fromEntries(running.map(([name, { pid = 0 }]) => [name, pid]));
  }

  /** Certificate of the local authority. */
  get caPem(): string {
    return readFileSync(this.#caFile, 'utf8');
  }

  /** Starts a module that was left out. */
  async startModule(id: string): Promise<void> {
    const module = this.#manifest.modules.find((candidate) => candidate.id === id);
    if (module === undefined) throw new Error(`the manifest has no module ${id}`);
    const file = join(this.#options.bundles, id, 'main.mjs');
    const { ports, stateFolder } = this.settings;
    const child = spawn(process.execPath, [...this.#flags(id), file], {
      env: {
        PATH: process.env['PATH'],
        LOG_LEVEL: 'info',
        ...module.environment,
        EdgeHubConnectionString: this.connectionString(id),
        EdgeModuleCACertificateFile: this.#caFile,
        STATE_FOLDER: join(stateFolder, 'modules', id),
        EDGEHUB_METRICS_URI: `http://127.0.0.1:${ports.edgeHubMetrics}/metrics`,
        METRICS_HOST: '127.0.0.1',
        METRICS_PORT: String(await freePort()),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#processes.set(id, child);
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => {
        if (chunk.includes('"configured"')) resolve();
      });
      child.once('exit', () => reject(new Error(`${id} ended before it was configured`)));
    });
  }

  /** What iotedgehubdev prints for a module. */
  connectionString(id: string): string {
    const { iotHubHostName, gatewayDeviceId, ports } = this.settings;
    return (
      `HostName=${iotHubHostName};GatewayHostName=localhost:${ports.edgeHubMqtt};` +
      `DeviceId=${gatewayDeviceId};ModuleId=${id};SharedAccessKey=${this.#identities.keys[id]}`
    );
  }

  /** Has the process around the gateway do something. @throws Error with its reason */
  async run<Kind extends Job['kind']>(
    job: Extract<Job, { kind: Kind }>,
  ): Promise<JobResults[Kind]> {
    const load = this.#processes.get(LOAD);
    if (load === undefined) throw new Error('the gateway has stopped');
    load.send(job);
    const [answer] = (await once(load, 'message')) as [Answer];
    if (answer.state === 'failed') throw new Error(answer.reason);
    if (answer.state !== 'done') throw new Error(`no answer, but ${answer.state}`);
    return answer.result as JobResults[Kind];
  }

  async stop(): Promise<void> {
    const order = [...this.#processes.keys()].toReversed();
    for (const name of order) {
      const child = this.#processes.get(name);
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) continue;
      child.removeAllListeners('exit');
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
    await this.#cleanup();
  }

  async #start(): Promise<void> {
    const { settings } = this;
    const path = join(settings.stateFolder, 'settings.json');
    writeFileSync(path, JSON.stringify(settings), { mode: 0o600 });
    const { caFile } = await ensureCertificates(settings);
    this.#caFile = caFile;
    const identities = JSON.stringify(this.#identities);
    await this.#fork(LOAD, [SURROUNDINGS, path, identities], ['--import', 'tsx']);
    const { args, nodeArgs = [] } = processSpec('edge-hub', settings, path);
    await this.#fork('edge-hub', args, [...nodeArgs, ...this.#flags('edge-hub')]);
    for (const id of this.#options.modules) await this.startModule(id);
  }

  async #fork(name: string, args: readonly string[], execArgv: readonly string[]): Promise<void> {
    const [file = '', ...words] = args;
    const child = fork(file, words, { execArgv: [...execArgv], stdio: 'inherit' });
    this.#processes.set(name, child);
    const [answer] = (await once(child, 'message')) as [Answer];
    if (answer.state !== 'ready') throw new Error(`${name} did not start`);
  }

  #flags(name: string): readonly string[] {
    return this.#options.nodeFlags?.[name] ?? [];
  }
}

/** In an image all modules have the same port; here they share a machine. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
