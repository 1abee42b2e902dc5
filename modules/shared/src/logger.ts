import { pino, type Logger } from 'pino';

export type { Logger } from 'pino';

/** JSON lines on stdout; fields that could hold a key or token are never written. */
export function createLogger(moduleId: string, level: string): Logger {
  return pino({
    level,
    base: { moduleId },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: ['password', 'key', 'token', 'connectionString', 'sharedAccessKey', '*.password'],
      censor: '[secret]',
    },
  });
}
