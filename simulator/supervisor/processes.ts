/** What runs on one machine, and how each process is started. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { eventHubsConnectionString } from '../wire/connection-strings.ts';
import { certificateFile } from '../wire/certificates.ts';
import type { Settings } from '../wire/settings.ts';
import { sqlClientConfig } from '../wire/sql-connection.ts';
import type { ProcessSpec } from './child-process.ts';
import { answersHttp } from './probes.ts';

/** Names of all supervised processes, in the order of the phases they start in. */
export const PROCESS_NAMES = [
  'azurite',
  'tpm',
  'azure',
  'sql',
  'power-bi',
  'link',
  'edge-hub',
  'edge-agent',
  'jobs',
  'functions',
  'dashboard',
  'console',
  'meters',
] as const;
export type ProcessName = (typeof PROCESS_NAMES)[number];

const ENTRIES: Readonly<Partial<Record<ProcessName, string>>> = {
  tpm: 'simulator/tpm/main.js',
  azure: 'simulator/azure/main.js',
  sql: 'simulator/azure/sql/main.js',
  'power-bi': 'simulator/azure/power-bi/main.js',
  link: 'simulator/link/main.js',
  'edge-hub': 'simulator/edge/edge-hub/main.js',
  'edge-agent': 'simulator/edge/edge-agent/main.js',
  jobs: 'simulator/azure/stream-analytics/main.js',
  functions: 'simulator/azure/functions/main.js',
  console: 'simulator/console/main.js',
  meters: 'simulator/meters/main.js',
};

/** A small young generation keeps idle processes small; throughput hardly changes. */
const HEAP_FLAGS = ['--max-semi-space-size=4'];

/** The processes that these settings ask for. */
export function processNames({
  powerBi,
  meters,
}: Pick<Settings, 'powerBi' | 'meters'>): ProcessName[] {
  const isWanted: Partial<Record<ProcessName, boolean>> = {
    'power-bi': powerBi,
    tpm: meters.tpm === 'software',
  };
  return PROCESS_NAMES.filter((name) => isWanted[name] ?? true);
}

/** How to start one of the processes. */
export function processSpec(
  name: ProcessName,
  settings: Settings,
  settingsPath: string,
): ProcessSpec {
  if (name === 'azurite') return azurite(settings);
  if (name === 'dashboard') return dashboard(settings);
  const entry = join(settings.projectFolder, 'dist', ENTRIES[name] ?? '');
  return { name, args: [entry, settingsPath], nodeArgs: HEAP_FLAGS };
}

/** Node flags for processes that know nothing of the supervisor. */
function guarded(settings: Settings): string[] {
  const guard = join(settings.projectFolder, 'dist/simulator/supervisor/guard.js');
  return [...HEAP_FLAGS, '--import', pathToFileURL(guard).href];
}

function azurite(settings: Settings): ProcessSpec {
  const { blob, queue, table } = settings.ports;
  const script = createRequire(import.meta.url).resolve('azurite/dist/src/azurite.js');
  const ports = ['--blobPort', blob, '--queuePort', queue, '--tablePort', table].map(String);
  const location = ['--location', join(settings.stateFolder, 'azurite')];
  return {
    name: 'azurite',
    args: [
      script,
      '--silent',
      '--skipApiVersionCheck',
      '--disableTelemetry',
      ...location,
      ...ports,
    ],
    nodeArgs: guarded(settings),
    env: { AZURITE_ACCOUNTS: `devstoreaccount1:${settings.secrets.storageKey}` },
    probe: async (signal) => {
      await answersHttp(blob, '/', signal);
      await answersHttp(table, '/', signal);
    },
  };
}

function dashboard(settings: Settings): ProcessSpec {
  const { dashboard: port } = settings.ports;
  const connection = eventHubsConnectionString(settings);
  const sql = sqlClientConfig(settings, 'dashboard', '');
  return {
    name: 'dashboard',
    args: [join(settings.projectFolder, 'dist/cloud/dashboard/server/main.js')],
    nodeArgs: guarded(settings),
    env: {
      HOT_PATH_CONNECTION_STRING: connection,
      HOT_PATH_HUB: 'hot-path',
      ALERTS_CONNECTION_STRING: connection,
      ALERTS_HUB: 'alerts',
      CONSUMER_GROUP: 'dashboard',
      SQL_SERVER: sql.server,
      SQL_PORT: String(sql.port),
      SQL_DATABASE: sql.database,
      SQL_USER: sql.user,
      SQL_PASSWORD: sql.password,
      SQL_CA_FILE: certificateFile(settings),
      HOST: '127.0.0.1',
      PORT: String(port),
      LOG_LEVEL: settings.logLevel,
    },
    probe: (signal) => answersHttp(port, '/health', signal),
  };
}
