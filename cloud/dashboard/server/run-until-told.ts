import type { Logger } from 'pino';

/** Stops `service` on SIGTERM or SIGINT and then ends the process. */
export function runUntilTold(service: { stop(): Promise<void> }, log: Logger): void {
  const stop = (signal: string) => {
    log.info({ signal }, 'stopping');
    service.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'stop failed');
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}
