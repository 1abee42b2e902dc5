/** `USAGE`: the command line; `ARCHIVE`: where the files are; `TABLES`: where the tables are. */
export type ColdPathErrorCode = 'USAGE' | 'ARCHIVE' | 'TABLES';

/** What stops the command; the message says what to do about it and holds no secret. */
export class ColdPathError extends Error {
  override readonly name = 'ColdPathError';
  readonly code: ColdPathErrorCode;

  constructor(code: ColdPathErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** What went wrong, in one line. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n')[0] ?? text;
}
