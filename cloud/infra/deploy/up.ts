/**
 * `up`: makes the system, or brings it up to date.
 *
 * Invariants:
 * - it can be run again after any failure, and finds what is there;
 * - keys, tables and enrollment groups that are there stay.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { registerProvider } from './core/account-commands.ts';
import { deployDashboard, deployFunction } from './core/app-commands.ts';
import { createGroup, deployTemplates } from './core/group-commands.ts';
import { tagsOf } from './core/tags.ts';
import { Outputs } from './answers.ts';
import type { Findings } from './checks.ts';
import { prepareDatabase } from './database.ts';
import { deployToGateways, ensureEnrollmentGroups, readManifest } from './devices.ts';
import { startJobs, stopJobs } from './jobs.ts';
import {
  packageDashboard,
  packageFunction,
  type ProjectCommand,
  type RunProject,
} from './project-commands.ts';
import type { Session } from './session.ts';
import { ensureRegistration, ensureTrust } from './sign-in.ts';
import { templateRun } from './template-run.ts';
import type { Sleep } from './wait.ts';

/** What `up` needs beside the session. */
export interface Surroundings {
  readonly runProject: RunProject;
  readonly sleep: Sleep;
  readonly now: () => Date;
}

/** The code could not be packed. */
export class PackageError extends Error {
  override readonly name = 'PackageError';
  readonly code = 'PACKAGE';
}

/** Makes everything. */
export async function up(
  session: Session,
  { unregistered }: Findings,
  surroundings: Surroundings,
): Promise<void> {
  const { options, say } = session;
  const manifest = options.manifest === undefined ? undefined : readManifest(options.manifest);
  const outputs = await withPackages(surroundings.runProject, say, async (zips) => {
    const made = await makeResources(session, unregistered, surroundings);
    await prepareDatabase(session, made, surroundings.runProject);
    await ensureEnrollmentGroups(
      session,
      made.provisioningServiceHostName.value,
      surroundings.sleep,
    );
    await uploadCode(session, zips);
    return made;
  });
  if (manifest !== undefined) {
    await deployToGateways(session, outputs.hubHostName.value, manifest, surroundings.sleep);
  }
  await startJobs(session);
  sayResult(session, outputs);
}

/** Group, registration and everything in the templates. */
async function makeResources(
  session: Session,
  unregistered: readonly string[],
  { sleep, now }: Surroundings,
): Promise<Outputs> {
  const { az, say, target, options, group } = session;
  for (const provider of unregistered) {
    say(`Registering ${provider} …`);
    await az.run(registerProvider(target, provider));
  }
  if (group === undefined) await az.run(createGroup(target, tagsOf(options.environment)));
  const appId = await ensureRegistration(session);
  if (group !== undefined) await stopJobs(session, sleep);
  say('Deploying the templates: about a quarter of an hour the first time …');
  const run = await templateRun(session, appId, now());
  const outputs = await az.ask(deployTemplates(target, run), Outputs);
  await ensureTrust(session, appId, outputs.dashboardIdentityPrincipalId.value);
  return outputs;
}

interface Zips {
  readonly function: string;
  readonly dashboard: string;
}

/** Packs the code first, so that nothing is made when it cannot be packed. */
async function withPackages<T>(
  runProject: RunProject,
  say: (line: string) => void,
  use: (zips: Zips) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'iot-packages-'));
  try {
    const zips = {
      function: join(folder, 'function.zip'),
      dashboard: join(folder, 'dashboard.zip'),
    };
    say('Packing the Function app and the dashboard …');
    await pack(runProject, packageFunction(zips.function));
    await pack(runProject, packageDashboard(zips.dashboard));
    return await use(zips);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function pack(runProject: RunProject, command: ProjectCommand): Promise<void> {
  const { exitCode, complaint } = await runProject(command);
  if (exitCode === 0) return;
  const what = ['npm run', command.script, '--', ...command.args].join(' ');
  throw new PackageError(`\`${what}\` failed:\n${complaint.trim()}`);
}

async function uploadCode({ az, say, target, names }: Session, zips: Zips): Promise<void> {
  say(`Uploading ${names.function} …`);
  await az.run(deployFunction(target, names.function, zips.function));
  say(`Uploading ${names.dashboard} …`);
  await az.run(deployDashboard(target, names.dashboard, zips.dashboard));
}

function sayResult({ say, target, options }: Session, outputs: Outputs): void {
  say('');
  say(`Dashboard     ${outputs.dashboardUrl.value}`);
  say(`IoT Hub       ${outputs.hubHostName.value}`);
  say(
    `ID scope      ${outputs.provisioningIdScope.value}  (enrollment groups: gateways, smart-meters)`,
  );
  say(`Archive       ${outputs.archiveUrl.value}`);
  if (outputs.databricksUrl.value !== '') say(`Databricks    ${outputs.databricksUrl.value}`);
  say('');
  if (options.manifest === undefined) {
    say('No modules were deployed to gateways: name their manifest with --manifest.');
  }
  say(
    `How it is: npm run deploy -- status --group ${target.group} --environment ${options.environment}`,
  );
}
