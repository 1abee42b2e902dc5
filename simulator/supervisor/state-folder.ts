/**
 * The folder that holds everything a local system remembers.
 *
 * Invariants:
 * - one supervisor at a time works on a folder;
 * - only a folder that this program made is ever removed.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const MARK = '.iot-end-to-end';
const LOCK = 'supervisor.pid';

/** A state folder that cannot be used; the message says why and what to do. */
export class StateFolderError extends Error {
  override readonly name = 'StateFolderError';
  readonly code = 'STATE_FOLDER';
}

/**
 * Makes the folder if it is missing, forgets its contents when `fresh`, and locks it for this process.
 *
 * @returns a function that gives the lock back
 * @throws StateFolderError when another supervisor runs on it, or it is not a folder of ours
 */
export function claimStateFolder(folder: string, fresh: boolean): () => void {
  requireOurs(folder);
  const lock = join(folder, LOCK);
  const holder = existsSync(lock) ? Number(readFileSync(lock, 'utf8')) : undefined;
  if (holder !== undefined && isRunning(holder)) {
    throw new StateFolderError(
      `The local system is already running on ${folder} (pid ${holder}). ` +
        'Stop it with Ctrl-C there, or use another folder: --state FOLDER',
    );
  }
  if (fresh) rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'logs'), { recursive: true, mode: 0o700 });
  markStateFolder(folder);
  writeFileSync(lock, String(process.pid));
  return () => rmSync(lock, { force: true });
}

/** Makes a folder one of ours, for who has to put something into it before the start. */
export function markStateFolder(folder: string): void {
  writeFileSync(
    join(folder, MARK),
    'State of the local system. Remove this folder to forget it.\n',
  );
}

function requireOurs(folder: string): void {
  if (!existsSync(folder) || existsSync(join(folder, MARK))) return;
  if (readdirSync(folder).length === 0) return;
  throw new StateFolderError(
    `${folder} holds other things than the local system's state. Choose an empty folder: --state FOLDER`,
  );
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return looksLikeNode(pid);
}

/** A pid may have been given to another program since; where the system can tell, ask it. */
function looksLikeNode(pid: number): boolean {
  const commandLine = `/proc/${pid}/cmdline`;
  return !existsSync(commandLine) || readFileSync(commandLine, 'utf8').includes('node');
}
