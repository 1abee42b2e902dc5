/**
 * Starts a module again inside its process when its database fails it (a full disk, say), or a message
 * that it cannot take.
 *
 * Invariants:
 * - the next life begins with what is on disk: nothing of the last one's memory goes into it;
 * - input that was not committed is not acknowledged, and its connection is closed, so that edgeHub
 *   delivers it again;
 * - what a further start cannot mend ends the process;
 * - a message that cannot be taken holds up the others for seconds, because each start brings it closer to
 *   being put aside; a database gets ever longer pauses.
 */
import { BackOff } from './back-off.ts';
import type { Clock } from './clock.ts';
import { EdgeError, messageOf } from './edge-error.ts';
import type { Logger } from './logger.ts';

/** A module from its start to its stop. */
export interface RunningModule {
  /** Commits what has arrived, if it still can, and lets go of connection and database. */
  stop(): Promise<void>;
}

/** Starts a module; `failed` is called once if it cannot go on. */
export type StartModule = (failed: (error: unknown) => void) => Promise<RunningModule>;

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
const FIRST_WAIT_FOR_MESSAGE_MS = 100;
const LONGEST_WAIT_FOR_MESSAGE_MS = 1_000;

/** Errors of the program or of its surroundings that are the same at the next start. */
const FINAL_CODES: readonly string[] = [
  'ACKNOWLEDGEMENT_HOOK',
  'DATABASE_IN_USE',
  'DATABASE_NEWER',
  'DATABASE_DAMAGED',
  'ENVIRONMENT',
];

/**
 * Keeps a module running until the signal; resolves when it has stopped.
 *
 * @throws whatever a start failed with that the next start would fail with, too
 */
export async function keepRunning(
  start: StartModule,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
  signal: AbortSignal,
): Promise<void> {
  const stopAsked = aborted(signal);
  const backOffs = {
    database: new BackOff(FIRST_WAIT_MS, LONGEST_WAIT_MS),
    message: new BackOff(FIRST_WAIT_FOR_MESSAGE_MS, LONGEST_WAIT_FOR_MESSAGE_MS),
  };
  for (;;) {
    const startedMs = clock.monotonicMs();
    const error = await liveOnce(start, stopAsked, log);
    if (signal.aborted) return;
    const code = error instanceof EdgeError ? error.code : undefined;
    if (code !== undefined && FINAL_CODES.includes(code)) throw error;
    const backOff = backOffs[code === 'MESSAGE_NOT_TAKEN' ? 'message' : 'database'];
    if (clock.monotonicMs() - startedMs > LONGEST_WAIT_MS) backOff.reset();
    const delayMs = Math.round(backOff.next(Math.random()));
    log.warn({ reason: messageOf(error), delayMs }, 'starts again');
    await pause(clock, delayMs, stopAsked);
    if (signal.aborted) return;
  }
}

/**
 * One life; resolves with what ended it.
 *
 * @throws whatever stopping fails with when nothing else ended it
 */
async function liveOnce(
  start: StartModule,
  stopAsked: Promise<void>,
  log: Logger,
): Promise<unknown> {
  let fail: (error: unknown) => void = () => {};
  const failure = new Promise<unknown>((resolve) => (fail = resolve));
  let module: RunningModule | undefined;
  let ended: unknown;
  try {
    module = await start(fail);
    ended = await Promise.race([failure, stopAsked]);
  } catch (error) {
    ended = error;
  }
  try {
    await module?.stop();
  } catch (error) {
    if (ended === undefined) throw error;
    log.error({ err: error }, 'the module did not stop in order either');
  }
  return ended;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
}

async function pause(clock: Clock, delayMs: number, stopAsked: Promise<void>): Promise<void> {
  let cancel = () => {};
  const waited = new Promise<void>((resolve) => {
    cancel = clock.after(delayMs, resolve);
  });
  await Promise.race([waited, stopAsked]);
  cancel();
}
