/**
 * What a meter keeps of its registration, one file per meter, readable by its owner only.
 *
 * Invariant: a credentials file appears whole or not at all.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const Assignment = z.object({
  deviceId: z.string(),
  /** Host name of the hub that Device Provisioning assigned. */
  assignedHub: z.string(),
});

/** Identity with which a registered meter connects, and its key unless that is in a TPM. */
export const Credentials = z.union([
  /** `key` is the device's, base64. */
  Assignment.extend({ key: z.string() }),
  Assignment.extend({ keyInTpm: z.literal(true) }),
]);
export type Credentials = z.infer<typeof Credentials>;

export class CredentialsStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** `undefined` when the meter never registered, or when its file is damaged: then it registers again. */
  read(meterId: string): Credentials | undefined {
    try {
      const parsed = Credentials.safeParse(JSON.parse(readFileSync(this.#path(meterId), 'utf8')));
      return parsed.data;
    } catch {
      return undefined;
    }
  }

  write(meterId: string, credentials: Credentials): void {
    const path = this.#path(meterId);
    writeFileSync(`${path}.new`, JSON.stringify(credentials), { mode: 0o600, flush: true });
    renameSync(`${path}.new`, path);
  }

  forget(meterId: string): void {
    rmSync(this.#path(meterId), { force: true });
  }

  #path(meterId: string): string {
    return join(this.#folder, `${encodeURIComponent(meterId)}.json`);
  }
}
