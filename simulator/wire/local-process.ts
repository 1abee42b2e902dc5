/**
 * The life of one local process: read settings, start, report ready, stop when told.
 *
 * The supervisor holds an IPC channel to each process; when it goes away, by whatever death, the
 * process stops too, so that nothing outlives the supervisor.
 */
import { createLogger, type Logger } from './logger.ts';
import { readSettings, type Settings } from './settings.ts';

/** Milliseconds a process may take to stop before it is ended with exit code 1. */
const STOP_DEADLINE_MS = 7_000;

export interface LocalProcessContext {
  readonly settings: Settings;
  readonly log: Logger;
}

/** A started service; `stop` may be called twice. */
export interface RunningService {
  stop(): Promise<void>;
}

/** Sent to the supervisor over IPC. */
export type ProcessMessage =
  { readonly state: 'ready' } | { readonly state: 'failed'; readonly message: string };

/**
 * Runs a service as a process of its own, until SIGTERM, SIGINT or the supervisor's end.
 *
 * A start that fails is reported to the supervisor in one sentence and ends the process with exit
 * code 1.
 */
export async function runLocalProcess(
  name: string,
  start: (context: LocalProcessContext) => Promise<RunningService>,
): Promise<void> {
  const settings = readSettings(process.argv[2]);
  const log = createLogger(name, settings.logLevel);
  let service: RunningService;
  try {
    service = await start({ settings, log });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    log.fatal({ err: error }, 'start failed');
    await report({ state: 'failed', message });
    process.exit(1);
  }
  stopWhenTold(service, log);
  await report({ state: 'ready' });
  log.info('ready');
}

function stopWhenTold(service: RunningService, log: Logger): void {
  let stopping = false;
  const stop = (reason: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ reason }, 'stopping');
    setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref();
    service.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'stop failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  process.on('disconnect', () => stop('supervisor gone'));
}

function report(message: ProcessMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined) resolve();
    else process.send(message, () => resolve());
  });
}
