/** A subscription behind a fake az, and the commands of `npm run deploy` run against it. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { PROVIDERS } from '../../../../cloud/infra/deploy/core/account-commands.ts';
import { deploy } from '../../../../cloud/infra/deploy/deploy.ts';
import { resourceNames, suffixFor } from '../../../../cloud/infra/deploy/core/names.ts';
import { tagsOf } from '../../../../cloud/infra/deploy/core/tags.ts';
import type {
  ProjectCommand,
  ProjectResult,
} from '../../../../cloud/infra/deploy/project-commands.ts';

/** What az answers to a command line that holds all the words; `…` parts them in what follows. */
export interface Rule {
  readonly words: readonly string[];
  readonly answers: readonly { readonly error?: string; readonly json?: unknown }[];
}

/** A call, as the fake saw it. */
export interface Call {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly content?: unknown;
  readonly mode?: number;
}

export const SUBSCRIPTION = '11111111-2222-3333-4444-555555555555';
export const TENANT = '99999999-8888-7777-6666-555555555555';
export const GROUP = 'iot-end-to-end-lab';
export const SUFFIX = suffixFor(SUBSCRIPTION, GROUP);
export const NAMES = resourceNames({ environment: 'lab', suffix: SUFFIX });
export const TAGS = tagsOf('lab');

const value = (json: unknown) => ({ value: json });

/** Outputs of the templates. */
export const OUTPUTS = {
  hubHostName: value(`${NAMES.hub}.azure-devices.net`),
  provisioningIdScope: value('0ne00123456'),
  provisioningServiceHostName: value(`${NAMES.provisioning}.azure-devices-provisioning.net`),
  sqlHostName: value(`${NAMES.sqlServer}.database.windows.net`),
  sqlDatabase: value('smart-meters'),
  sqlUsers: value([{ name: NAMES.hotPathJob, role: 'telemetry_writer' }]),
  dashboardIdentityPrincipalId: value('dddddddd-0000-0000-0000-000000000000'),
  dashboardUrl: value(`https://${NAMES.dashboard}.azurewebsites.net`),
  functionUrl: value(`https://${NAMES.function}.azurewebsites.net`),
  archiveUrl: value(`https://${NAMES.archive}.dfs.core.windows.net/`),
  databricksUrl: value(''),
};

export const REGISTRATION = { id: 'object-1', appId: 'client-1', name: NAMES.dashboard };

/** One rule, one answer. */
export function rule(words: string, json: unknown): Rule {
  return { words: words.split(' … '), answers: [{ json }] };
}

/** One rule that fails. */
export function refusal(words: string, error: string): Rule {
  return { words: words.split(' … '), answers: [{ error }] };
}

/** A resource of the group. */
export function resource(type: string, name: string, tags: unknown = TAGS) {
  const id = `/subscriptions/${SUBSCRIPTION}/resourceGroups/${GROUP}/providers/${type}/${name}`;
  return { id, name, type, tags };
}

/** An empty subscription that refuses nothing. Rules that come first count. */
export const EMPTY: readonly Rule[] = [
  rule('^version', { 'azure-cli': '2.91.0' }),
  rule('^account show', {
    id: SUBSCRIPTION,
    name: 'Lab subscription',
    tenantId: TENANT,
    state: 'Enabled',
    user: { name: 'me@example.com', type: 'user' },
  }),
  rule('^ad signed-in-user show', {
    id: 'aaaaaaaa-0000-0000-0000-000000000000',
    name: 'me@example.com',
  }),
  rule('^ad sp show', { id: 'bbbbbbbb-0000-0000-0000-000000000000', name: 'pipeline' }),
  rule('^group exists', false),
  rule('^group create', null),
  rule(
    '^provider list',
    PROVIDERS.filter((name) => name !== 'Microsoft.Devices' && name !== 'Microsoft.App'),
  ),
  rule('^provider register', null),
  rule('vailability?', { nameAvailable: true }),
  rule('keyvault list-deleted', []),
  rule('/quotas?', {
    value: [{ name: 'StreamingUnits', properties: { maxCount: 200, currentCount: 0 } }],
  }),
  rule('vm list-usage', [{ name: { value: 'cores' }, currentValue: '0', limit: '100' }]),
  rule('^ad app list', []),
  rule('^ad app create', REGISTRATION),
  rule('^ad app update', null),
  rule('^ad sp create', null),
  rule('deployment group create', OUTPUTS),
  rule('federated-credential list', []),
  rule('federated-credential create', null),
  refusal(
    'get … enrollmentGroups',
    'Not Found({"errorCode":404201,"message":"Enrollment not found."})',
  ),
  rule('put … enrollmentGroups', null),
  rule('functionapp deployment source config-zip', null),
  rule('webapp deploy', null),
  rule('get … streamingjobs', { properties: { jobState: 'Created', lastOutputEventTime: null } }),
  rule('start?', null),
  rule('get … configurations', []),
  rule('put … configurations', null),
];

/** The group is there as `up` left it: ours, with these resources. */
export function deployed(resources: readonly unknown[], groupTags: unknown = TAGS): Rule[] {
  return [
    rule('^group exists', true),
    rule('^group show', { location: 'westeurope', tags: groupTags }),
    rule('^resource list', resources),
    rule('secrets/acknowledge-key', null),
    rule('budgets', { value: [] }),
  ];
}

/** What a run of the command came to. */
export interface Run {
  readonly exitCode: number;
  readonly said: string;
  readonly calls: readonly Call[];
  readonly projectCommands: readonly ProjectCommand[];
}

/** What is different from an ordinary run. */
export interface Circumstances {
  readonly rules?: readonly Rule[];
  readonly answer?: string;
  readonly project?: (command: ProjectCommand) => ProjectResult;
  /** There is no az in the PATH. */
  readonly withoutAz?: boolean;
}

/** Runs a command line against a fake subscription. */
export async function runDeploy(
  commandLine: string,
  { rules = [], answer, project, withoutAz = false }: Circumstances = {},
): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'fake-az-'));
  try {
    const said: string[] = [];
    const projectCommands: ProjectCommand[] = [];
    const exitCode = await deploy(commandLine.split(' '), {
      terminal: {
        say: (line) => said.push(line),
        ask: async () => answer,
      },
      environment: withoutAz ? { PATH: folder } : withFakeAz(folder, [...rules, ...EMPTY]),
      project: process.cwd(),
      runProject: async (command) => {
        projectCommands.push(command);
        return project?.(command) ?? { exitCode: 0, complaint: '' };
      },
      sleep: async () => undefined,
      now: () => new Date('2026-11-23T00:00:00Z'),
    });
    return { exitCode, said: said.join('\n'), calls: readCalls(folder), projectCommands };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function withFakeAz(folder: string, rules: readonly Rule[]): NodeJS.ProcessEnv {
  for (const name of ['bin', 'calls', 'answers']) mkdirSync(join(folder, name));
  symlinkSync(join(process.cwd(), 'tests/support/fake-az.sh'), join(folder, 'bin/az'));
  const patterns = rules.map(({ words, answers }, number) => {
    for (const [turn, { error, json }] of answers.entries()) {
      const file = join(folder, 'answers', `${number}.${turn}`);
      if (error === undefined) writeFileSync(file, JSON.stringify(json ?? null));
      else writeFileSync(`${file}.error`, `ERROR: ${error}\n`);
    }
    const pattern = words.map((word) => word.replaceAll(' ', '?')).join('*');
    return `${number} ${pattern.startsWith('^') ? pattern.slice(1) : `*${pattern}`}*\n`;
  });
  writeFileSync(join(folder, 'rules'), patterns.join(''));
  const path = [join(folder, 'bin'), process.env['PATH'] ?? ''].join(delimiter);
  return { PATH: path, FAKE_AZ: folder };
}

function readCalls(folder: string): Call[] {
  if (!existsSync(join(folder, 'calls'))) return [];
  const count = readdirSync(join(folder, 'calls')).length;
  return Array.from({ length: count }, (_, number) => readCall(join(folder, 'calls', `${number}`)));
}

function readCall(folder: string): Call {
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const settings = read('environment').split('\n').filter(Boolean);
  const content = join(folder, 'content');
  return {
    args: read('args').split('\0').slice(0, -1),
    environment: Object.fromEntries(settings.map((line) => splitOnce(line))),
    ...(existsSync(content)
      ? { content: JSON.parse(read('content')), mode: statSync(content).mode & 0o777 }
      : {}),
  };
}

function splitOnce(line: string): [string, string] {
  const at = line.indexOf('=');
  return [line.slice(0, at), line.slice(at + 1)];
}

/** The calls that change something, as words without the options of every call. */
export function changes({ calls }: Run): string[] {
  const reading =
    /^(version|account|ad signed|ad sp show|ad app list|ad app federated-credential list|group exists|group show|provider list|resource list|keyvault list|vm list|deployment group what-if|functionapp show|webapp show|iot hub show|rest --method get)/;
  const asking = /vailability\?/;
  return calls
    .map(({ args }) => args.join(' '))
    .filter((call) => !reading.test(call) && !asking.test(call));
}
