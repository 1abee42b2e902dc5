/**
 * Who may connect: the gateway, its modules and its children, with their keys.
 *
 * The scope is fetched from IoT Hub and kept, so that clients are verified without it too.
 *
 * Invariants:
 * - the stored scope is always one whole answer of the hub, never a mixture;
 * - the hub is asked at most once per `REFRESH_INTERVAL_MS`, however many strangers knock.
 */
import { z } from 'zod';
import type { Database } from '../../../wire/database.ts';
import { identityId, type IdentityName } from '../../../wire/identity-name.ts';
import { callIotHub, type IotHubRestOptions } from '../../iot-hub-rest.ts';

const REFRESH_INTERVAL_MS = 1_000;

const Symmetric = z.object({
  symmetricKey: z.object({
    primaryKey: z.string().nullish(),
    secondaryKey: z.string().nullish(),
  }),
});

const ScopeIdentity = z.object({
  deviceId: z.string(),
  moduleId: z.string().optional(),
  authentication: Symmetric,
  status: z.enum(['enabled', 'disabled']).default('enabled'),
});
type ScopeIdentity = z.infer<typeof ScopeIdentity>;

const ScopeAnswer = z.object({
  devices: z.array(ScopeIdentity),
  modules: z.array(ScopeIdentity),
});

export class DeviceScope {
  readonly #database: Database;
  readonly #hub: IotHubRestOptions;
  readonly #known = new Map<string, ScopeIdentity>();
  readonly #listeners = new Set<() => void>();
  #refreshing: Promise<void> | undefined;
  #turn: Promise<void> | undefined;
  #refreshedMs = -Infinity;

  constructor(database: Database, hub: IotHubRestOptions) {
    this.#database = database;
    this.#hub = hub;
    const rows = database.prepare('SELECT identity FROM scope').pluck().all() as string[];
    for (const row of rows) this.#remember(ScopeIdentity.parse(JSON.parse(row)));
  }

  /** False until the hub has answered once in this state folder's life. */
  get isKnown(): boolean {
    return this.#known.size > 0;
  }

  /** Base64 keys of an enabled identity; empty for a stranger. */
  keysOf(name: IdentityName): string[] {
    const identity = this.#known.get(identityId(name));
    if (identity === undefined || identity.status === 'disabled') return [];
    const { primaryKey, secondaryKey } = identity.authentication.symmetricKey;
    return [primaryKey, secondaryKey].filter((key): key is string => Boolean(key));
  }

  /** Calls `listener` after each refresh. */
  onRefreshed(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Asks the hub as soon as it may be asked again. @throws Error when it cannot be reached */
  async refreshInTurn(): Promise<void> {
    this.#turn ??= this.#refreshWhenDue().finally(() => {
      this.#turn = undefined;
    });
    return this.#turn;
  }

  async #refreshWhenDue(): Promise<void> {
    const waitMs = this.#refreshedMs + REFRESH_INTERVAL_MS - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs).unref());
    await this.refresh();
  }

  /** Asks the hub now. @throws Error when it cannot be reached or refuses */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#fetch().finally(() => {
      this.#refreshing = undefined;
      this.#refreshedMs = performance.now();
    });
    return this.#refreshing;
  }

  async #fetch(): Promise<void> {
    const gateway = encodeURIComponent(this.#hub.identity.deviceId);
    const path = `/devices/${gateway}/modules/%24edgeHub/deviceScope`;
    const { status, body } = await callIotHub(this.#hub, { method: 'GET', path });
    if (status !== 200)
      throw new Error(`IoT Hub answered ${status} when asked for the device scope`);
    const { devices, modules } = ScopeAnswer.parse(body);
    this.#replace([...devices, ...modules]);
    for (const listener of this.#listeners) listener();
  }

  #replace(identities: readonly ScopeIdentity[]): void {
    const insert = this.#database.prepare('INSERT OR REPLACE INTO scope VALUES (?, ?)');
    this.#database.transaction(() => {
      this.#database.exec('DELETE FROM scope');
      for (const identity of identities) insert.run(idOf(identity), JSON.stringify(identity));
    })();
    this.#known.clear();
    for (const identity of identities) this.#remember(identity);
  }

  #remember(identity: ScopeIdentity): void {
    this.#known.set(idOf(identity), identity);
  }
}

function idOf({ deviceId, moduleId }: ScopeIdentity): string {
  return identityId(moduleId === undefined ? { deviceId } : { deviceId, moduleId });
}
