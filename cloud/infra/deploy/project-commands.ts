/** What `up` asks of this project's own commands, each a process of its own. */
import { spawn } from 'node:child_process';

/** One command of `package.json`. */
export interface ProjectCommand {
  readonly script: string;
  readonly args: readonly string[];
}

/** How a command ended. */
export interface ProjectResult {
  readonly exitCode: number | null;
  /** The end of what it complained of. */
  readonly complaint: string;
}

/** Runs a command of the project. */
export type RunProject = (command: ProjectCommand) => Promise<ProjectResult>;

const COMPLAINT_CHARACTERS = 4_000;

/** Runs the project's commands in `folder`. */
export function projectRunner(folder: string, environment: NodeJS.ProcessEnv): RunProject {
  return async ({ script, args }) => {
    const npm = environment['npm_execpath'];
    const [program, first] = npm === undefined ? ['npm', []] : [process.execPath, [npm]];
    const child = spawn(program, [...first, 'run', '--silent', script, '--', ...args], {
      cwd: folder,
      env: environment,
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString('utf8')).slice(-COMPLAINT_CHARACTERS);
    });
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    return { exitCode, complaint };
  };
}

/** Makes the zip of the Function app. */
export function packageFunction(zip: string): ProjectCommand {
  return { script: 'package', args: ['function', '--out', zip] };
}

/** Makes the zip of the dashboard. */
export function packageDashboard(zip: string): ProjectCommand {
  return { script: 'package', args: ['dashboard', '--out', zip] };
}

/** A database, reached with the sign-in of az. */
export interface Database {
  readonly server: string;
  readonly database: string;
}

function databaseArguments({ server, database }: Database): string[] {
  return ['--server', server, '--database', database];
}

/** Brings the tables up to date. */
export function migrateDatabase(database: Database): ProjectCommand {
  return { script: 'sql', args: ['migrate', ...databaseArguments(database)] };
}

/** Makes identities users of the database. */
export function addDatabaseUsers(
  database: Database,
  users: readonly { readonly name: string; readonly role: string }[],
): ProjectCommand {
  const named = users.flatMap(({ name, role }) => ['--user', `${name}=${role}`]);
  return { script: 'sql', args: ['users', ...databaseArguments(database), ...named] };
}
