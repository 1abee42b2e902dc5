/**
 * The keys of this gateway's modules.
 *
 * Invariants:
 * - a module keeps its key and generation id for as long as the state folder lives;
 * - the file is readable by its owner only, and is replaced as a whole or not at all.
 */
import { createHmac, randomBytes, randomInt } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

const Identity = z.object({
  /** Base64. */
  key: z.string().min(1),
  generationId: z.string().min(1),
});

/** What the workload API signs with, and what the hub is told. */
export type ModuleIdentity = z.infer<typeof Identity>;

const Identities = z.record(z.string(), Identity);

export class ModuleIdentities {
  readonly #file: string;
  readonly #identities: Map<string, ModuleIdentity>;

  /** @throws Error naming the file when it is damaged */
  constructor(file: string) {
    this.#file = file;
    this.#identities = new Map(Object.entries(readIdentities(file)));
  }

  get(moduleId: string): ModuleIdentity | undefined {
    return this.#identities.get(moduleId);
  }

  /** Makes identities for those modules that have none. */
  ensure(moduleIds: readonly string[]): void {
    const missing = moduleIds.filter((id) => !this.#identities.has(id));
    if (missing.length === 0) return;
    for (const id of missing) this.#identities.set(id, newIdentity());
    mkdirSync(dirname(this.#file), { recursive: true });
    const draft = `${this.#file}.new`;
    writeFileSync(draft, JSON.stringify(Object.fromEntries(this.#identities)), { mode: 0o600 });
    renameSync(draft, this.#file);
  }

  /** HMAC-SHA256 of `data` with the module's key, base64; undefined for an unknown module. */
  sign(moduleId: string, data: Buffer): string | undefined {
    const identity = this.#identities.get(moduleId);
    if (identity === undefined) return undefined;
    return createHmac('sha256', Buffer.from(identity.key, 'base64')).update(data).digest('base64');
  }
}

function newIdentity(): ModuleIdentity {
  const generationId = String(randomInt(10 ** 14)).padStart(18, '638');
  return { key: randomBytes(32).toString('base64'), generationId };
}

function readIdentities(file: string): Record<string, ModuleIdentity> {
  if (!existsSync(file)) return {};
  try {
    return Identities.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // The error itself may quote the file: keys.
    throw new Error(
      `${file} is damaged: restore it from a copy, or forget the local state with: npm start -- --fresh`,
    );
  }
}
