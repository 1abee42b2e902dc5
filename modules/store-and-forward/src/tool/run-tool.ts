/** One command of the tool, from its words to its exit code. */
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import type { Database } from '../../../shared/src/database.ts';
import { EdgeError, messageOf } from '../../../shared/src/edge-error.ts';
import { storeAndForward } from '../store-and-forward.ts';
import { checkStore } from './check.ts';
import { checkText } from './check-text.ts';
import { exportStore } from './export-command.ts';
import { inspect } from './inspection.ts';
import { inspectionText } from './inspection-text.ts';
import { openStore } from './open-store.ts';
import { HELP, parseToolOptions, type ToolOptions } from './options.ts';
import { repairStore } from './repair.ts';
import { repairText } from './repair-text.ts';
import { COLOURED, PLAIN, type Paint } from './terminal.ts';
import { ToolError } from './tool-error.ts';

/** What the tool has of the machine around it. */
export interface ToolWorld {
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Where the module's database is unless the command line says otherwise. */
  readonly stateFolder: string;
  readonly isColoured: boolean;
  readonly nowMs: () => number;
}

/** Exit codes: all is well; something is not; the command line is not understood. */
const FINE = 0;
const FOUND = 1;
const MISUSED = 2;

/** Runs a command and returns its exit code; what goes wrong is told on `stderr`. */
export async function runTool(args: readonly string[], world: ToolWorld): Promise<number> {
  try {
    const options = parseToolOptions(args);
    if (options === undefined) {
      world.stdout.write(HELP);
      return FINE;
    }
    const path = options.database ?? join(world.stateFolder, storeAndForward.databaseName);
    return options.command === 'repair'
      ? repair(options, path, world)
      : await run(options, path, world);
  } catch (error) {
    if (!isExpected(error)) throw error;
    world.stderr.write(`${messageOf(error)}\n`);
    return error instanceof ToolError && error.code === 'USAGE' ? MISUSED : FOUND;
  }
}

/** Faults of the file or its surroundings; anything else is a mistake in this program. */
function isExpected(error: unknown): boolean {
  return error instanceof ToolError || error instanceof EdgeError || isSqliteError(error);
}

function isSqliteError(error: unknown): boolean {
  return error instanceof Error && error.name === 'SqliteError';
}

async function run(options: ToolOptions, path: string, world: ToolWorld): Promise<number> {
  const database = openStore(path);
  try {
    return await read(options, { path, database }, world);
  } finally {
    database.close();
  }
}

function repair({ json }: ToolOptions, path: string, world: ToolWorld): number {
  const repaired = repairStore(path);
  say(world, json ? repaired : (paint) => repairText(repaired, paint));
  return repaired.findings.length === 0 ? FINE : FOUND;
}

interface Opened {
  readonly path: string;
  readonly database: Database;
}

async function read(
  options: ToolOptions,
  { path, database }: Opened,
  world: ToolWorld,
): Promise<number> {
  const { command, json } = options;
  if (command === 'export') return exportStore(database, options, world);
  if (command === 'inspect') {
    const inspection = inspect(path, database, world.nowMs());
    say(world, json ? inspection : (paint) => inspectionText(inspection, paint));
    return FINE;
  }
  const results = checkStore(path, database);
  say(world, json ? { path, results } : (paint) => checkText(path, results, paint));
  return results.every(({ findings }) => findings.length === 0) ? FINE : FOUND;
}

function say({ stdout, isColoured }: ToolWorld, what: object | ((paint: Paint) => string)): void {
  stdout.write(
    typeof what === 'function'
      ? what(isColoured ? COLOURED : PLAIN)
      : `${JSON.stringify(what, null, 2)}\n`,
  );
}
