/**
 * The whole local system: every process of it, started in phases and stopped together.
 *
 * Invariants:
 * - configuration errors (manifest, ports, keys, state folder) stop the start before any process runs;
 * - a start that fails half-way stops what it had started;
 * - after `stop` no process of the system is left.
 */
import { readLocalManifest, requireImages } from '../edge/manifest/local-manifest.ts';
import { ensureCertificates } from '../wire/certificates.ts';
import { controlClient } from '../wire/control-api.ts';
import type { Settings } from '../wire/settings.ts';
import { SupervisedProcess } from './child-process.ts';
import { writeSettings, type ChosenSettings } from './local-settings.ts';
import { processMemory, type ProcessMemory } from './memory.ts';
import { requireFree } from './ports.ts';
import { processNames, processSpec, type ProcessName } from './processes.ts';
import { claimStateFolder } from './state-folder.ts';

export interface SystemOptions {
  readonly chosen: ChosenSettings;
  /** Forget the state of earlier starts. */
  readonly fresh: boolean;
  /** Told when a phase is done. */
  readonly onPhase?: (phase: string) => void;
}

/** The running system. */
export interface LocalSystem {
  readonly settings: Settings;
  /** Process ids by name, of those that run now. */
  pids(): Partial<Record<ProcessName, number>>;
  /** How often each process was started again. */
  restarts(): Partial<Record<ProcessName, number>>;
  /** Ends one process with SIGKILL; it is started again. */
  kill(name: ProcessName): void;
  /** Lets a process that ends stay down, until `release` starts it at once. */
  hold(name: ProcessName): void;
  release(name: ProcessName): void;
  memory(): Partial<Record<ProcessName, ProcessMemory>>;
  stop(): Promise<void>;
}

/** Each phase starts when the one before serves; the pages and the meters come up together. */
const PHASES: readonly { readonly title: string; readonly names: readonly ProcessName[] }[] = [
  {
    title: 'storage, Azure and the link',
    names: ['azurite', 'tpm', 'azure', 'sql', 'power-bi', 'link'],
  },
  { title: 'gateway, jobs and Function', names: ['edge-hub', 'edge-agent', 'jobs', 'functions'] },
  { title: 'smart meters and pages', names: ['meters', 'dashboard', 'console'] },
];

/**
 * Starts everything and resolves when it serves.
 *
 * @throws Error with one sentence that names the place and the remedy
 */
export async function startSystem(options: SystemOptions): Promise<LocalSystem> {
  const { chosen, onPhase = () => undefined } = options;
  const manifest = readLocalManifest(chosen);
  requireImages(manifest);
  await requireFree(chosen.ports);
  const release = claimStateFolder(chosen.stateFolder, options.fresh);
  const processes = new Map<ProcessName, SupervisedProcess>();
  try {
    const { settings, path } = writeSettings(chosen);
    await ensureCertificates(settings);
    onPhase('settings and certificates');
    for (const name of processNames(settings)) {
      const spec = processSpec(name, settings, path);
      processes.set(name, new SupervisedProcess(spec, `${chosen.stateFolder}/logs`));
    }
    for (const { title, names } of PHASES) {
      await Promise.all(names.map(async (name) => processes.get(name)?.start()));
      if (names.includes('azure')) await deploy(settings, manifest.document);
      onPhase(title);
    }
    return system(settings, processes, release);
  } catch (error) {
    await stopAll(processes);
    release();
    throw error;
  }
}

/** What `az iot edge set-modules` does: module identities and desired properties. */
async function deploy(settings: Settings, manifest: unknown): Promise<void> {
  const azure = controlClient(settings, 'azure');
  await azure.post(`/deployments/${settings.gatewayDeviceId}`, manifest);
}

function system(
  settings: Settings,
  processes: ReadonlyMap<ProcessName, SupervisedProcess>,
  release: () => void,
): LocalSystem {
  const collect = <T>(of: (process: SupervisedProcess) => T | undefined) => {
    const found: Partial<Record<ProcessName, T>> = {};
    for (const [name, child] of processes) {
      const value = of(child);
      if (value !== undefined) found[name] = value;
    }
    return found;
  };
  return {
    settings,
    pids: () => collect(({ pid }) => pid),
    restarts: () => collect(({ restarts }) => restarts),
    kill: (name) => processes.get(name)?.kill(),
    hold: (name) => processes.get(name)?.hold(),
    release: (name) => processes.get(name)?.release(),
    memory: () => collect(({ pid }) => (pid === undefined ? undefined : processMemory(pid))),
    stop: async () => {
      await stopAll(processes);
      release();
    },
  };
}

/** Those that others are clients of stop last: a client closes in order while its server answers. */
async function stopAll(processes: ReadonlyMap<ProcessName, SupervisedProcess>): Promise<void> {
  const [servers] = PHASES;
  const all = [...processes.values()];
  const isServer = ({ name }: SupervisedProcess) =>
    servers?.names.some((server) => server === name) ?? false;
  await Promise.all(all.filter((child) => !isServer(child)).map((child) => child.stop()));
  await Promise.all(all.filter(isServer).map((child) => child.stop()));
}
