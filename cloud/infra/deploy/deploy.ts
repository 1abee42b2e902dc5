/** `npm run deploy`: the four commands. */
import { join } from 'node:path';
import { Az, AzError } from './az.ts';
import { DatabaseError } from './database.ts';
import { down, removalPlan } from './down.ts';
import { readEnvironment } from './environment-files.ts';
import { readOptions, USAGE, UsageError, type Options } from './options.ts';
import { plan } from './plan.ts';
import { preview } from './preview.ts';
import { openSession, type Session } from './session.ts';
import { status } from './status.ts';
import type { Terminal } from './terminal.ts';
import { PackageError, up, type Surroundings } from './up.ts';
import { TooLateError } from './wait.ts';

/** Everything outside of this process. */
export interface World extends Surroundings {
  readonly terminal: Terminal;
  /** Environment of az. */
  readonly environment: NodeJS.ProcessEnv;
  /** Folder of the project. */
  readonly project: string;
}

/** Runs a command line; the answer is the exit code: 0 well, 1 not, 2 wrong command line. */
export async function deploy(args: readonly string[], world: World): Promise<number> {
  if (args.includes('--help') || args.length === 0) {
    world.terminal.say(USAGE);
    return args.length === 0 ? 2 : 0;
  }
  try {
    return await run(readOptions(args), world);
  } catch (error) {
    if (!isExpected(error)) throw error;
    world.terminal.say(error.message);
    if (error instanceof UsageError) world.terminal.say(`\n${USAGE}`);
    return error instanceof UsageError ? 2 : 1;
  }
}

function isExpected(error: unknown): error is Error {
  const expected = [AzError, UsageError, DatabaseError, PackageError, TooLateError];
  return expected.some((kind) => error instanceof kind);
}

async function run(options: Options, world: World): Promise<number> {
  const { terminal } = world;
  const infra = join(world.project, 'cloud/infra');
  const session = await openSession({
    az: new Az(world.environment),
    options,
    files: readEnvironment(infra, options.environment),
    say: (line) => terminal.say(line),
  });
  switch (options.command) {
    case 'plan':
      return runPlan(session, infra, world);
    case 'status':
      return (await status(session)) ? 0 : 1;
    case 'up':
      return runUp(session, infra, world);
    case 'down':
      return runDown(session, world);
  }
}

async function runPlan(session: Session, infra: string, world: World): Promise<number> {
  const { problems } = await plan(session, infra);
  if (session.group !== undefined) await preview(session, world.now());
  return problems.length === 0 ? 0 : 1;
}

async function runUp(session: Session, infra: string, world: World): Promise<number> {
  const findings = await plan(session, infra);
  if (findings.problems.length > 0) return 1;
  const agreed = await agree(session, world.terminal, 'Make it? Type yes: ', 'yes');
  if (!agreed) return 1;
  await up(session, findings, world);
  return 0;
}

async function runDown(session: Session, world: World): Promise<number> {
  const removal = await removalPlan(session);
  const { group } = session.target;
  const question = `Remove all of this? Type the name of the group (${group}): `;
  if (!(await agree(session, world.terminal, question, group))) return 1;
  await down(session, removal);
  return 0;
}

async function agree(
  { options }: Session,
  terminal: Terminal,
  question: string,
  wanted: string,
): Promise<boolean> {
  if (options.yes) return true;
  const answer = await terminal.ask(question);
  if (answer === wanted) return true;
  const why = answer === undefined ? ' Nobody can be asked here: --yes says it beforehand.' : '';
  terminal.say(`Nothing was changed.${why}`);
  return false;
}
