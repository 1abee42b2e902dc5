/**
 * Twins of the clients, with and without the cloud.
 *
 * A twin is asked for at IoT Hub first and answered from the store when that cannot be reached.
 * Reported properties are taken at once and go up as soon as they can.
 * Source: Azure/iotedge, edge-hub, Core/twin/StoringTwinManager.cs.
 */
import { identityId, type IdentityName } from '../../../wire/identity-name.ts';
import type { Logger } from '../../../wire/logger.ts';
import { desiredPatchTopic } from '../../../wire/mqtt-topics.ts';
import {
  deviceView,
  parseJsonObject,
  patchSection,
  type JsonObject,
  type PatchResult,
  type TwinSection,
} from '../../../wire/twin-document.ts';
import type { Clients } from '../clients.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { reportedPatchTopic, twinGetTopic } from '../upstream/hub-topics.ts';
import type { Uplink } from '../upstream/uplink.ts';
import { combinePatches, diffObjects } from './twin-patch.ts';
import { EMPTY_SECTION, type TwinStore } from './twin-store.ts';

export interface TwinsOptions {
  readonly store: TwinStore;
  readonly clients: Clients;
  readonly sessions: Sessions;
  readonly uplinkOf: (name: IdentityName) => Uplink;
  readonly log: Logger;
}

export class Twins {
  readonly #options: TwinsOptions;

  constructor(options: TwinsOptions) {
    this.#options = options;
  }

  /** The twin as a client sees it: `{desired, reported}`, each with `$version`. */
  async get(name: IdentityName): Promise<JsonObject> {
    const uplink = this.#options.uplinkOf(name);
    if (await uplink.whenSettled()) await this.#fetch(uplink).catch(this.#logFetch(name));
    const { desired, reported } = this.#options.store.get(identityId(name));
    return { desired: deviceView(desired), reported: deviceView(reported) };
  }

  /** Merges reported properties; accepted ones are on disk. */
  async report(name: IdentityName, body: string): Promise<PatchResult> {
    const id = identityId(name);
    const { reported, pending = {} } = this.#options.store.get(id);
    const result = patchSection(reported, parseJsonObject(body), new Date());
    if (!result.accepted) return result;
    await this.#options.store.update(id, {
      reported: result.section,
      pending: combinePatches(pending, result.patch),
    });
    void this.#sendPending(this.#options.uplinkOf(name)).catch(this.#logFetch(name));
    return result;
  }

  /** After a connection to IoT Hub: what each side has missed. */
  async synchronize(uplink: Uplink): Promise<void> {
    const id = identityId(uplink.identity);
    if (!this.#options.store.has(id) && !this.#options.sessions.has(id, 'desiredPatches')) return;
    try {
      await this.#sendPending(uplink);
      await this.#fetch(uplink);
    } catch (error) {
      this.#logFetch(uplink.identity)(error);
    }
  }

  /** A patch that IoT Hub has pushed; after a gap the whole twin is fetched instead. */
  async receivePatch(uplink: Uplink, text: string): Promise<void> {
    const patch = parseJsonObject(text);
    const version = patch?.['$version'];
    const { desired } = this.#options.store.get(identityId(uplink.identity));
    if (patch === undefined || version !== desired.version + 1) return this.synchronize(uplink);
    const result = patchSection(desired, patch, new Date());
    if (result.accepted) await this.#setDesired(uplink.identity, result.section, result.patch);
  }

  async #fetch(uplink: Uplink): Promise<void> {
    const answer = await uplink.requestTwin(twinGetTopic, ' ');
    const twin = answer.status === 200 ? parseJsonObject(answer.body) : undefined;
    if (twin === undefined) throw new Error(`IoT Hub answered ${answer.status} to a twin request`);
    const id = identityId(uplink.identity);
    const { pending, desired } = this.#options.store.get(id);
    const fetched = toSection(twin['reported']);
    const overlaid = pending && patchSection(fetched, pending, new Date());
    const reported = overlaid?.accepted ? overlaid.section : fetched;
    await this.#options.store.update(id, { reported });
    const next = toSection(twin['desired']);
    if (next.version === desired.version) return;
    await this.#setDesired(uplink.identity, next, diffObjects(desired.properties, next.properties));
  }

  async #setDesired(name: IdentityName, section: TwinSection, patch: JsonObject): Promise<void> {
    const id = identityId(name);
    await this.#options.store.update(id, { desired: section });
    if (!this.#options.sessions.has(id, 'desiredPatches')) return;
    const body = JSON.stringify({ ...patch, $version: section.version });
    this.#options.clients.get(name)?.send(desiredPatchTopic(section.version), body);
  }

  async #sendPending(uplink: Uplink): Promise<void> {
    const id = identityId(uplink.identity);
    const { pending } = this.#options.store.get(id);
    if (pending === undefined || !uplink.connected) return;
    await uplink.requestTwin(reportedPatchTopic, JSON.stringify(pending));
    // What was reported meanwhile has made another patch of it, which goes up by itself.
    if (this.#options.store.get(id).pending !== pending) return;
    await this.#options.store.update(id, { pending: undefined });
  }

  #logFetch(name: IdentityName): (error: unknown) => void {
    return (error) => {
      this.#options.log.info({ err: error, identity: identityId(name) }, 'twin not synchronized');
    };
  }
}

/** A section as IoT Hub shows it to a device. */
function toSection(view: unknown): TwinSection {
  if (typeof view !== 'object' || view === null || Array.isArray(view)) return EMPTY_SECTION;
  const { $version, ...properties } = view as JsonObject;
  return { version: Number($version ?? 0), properties, metadata: {} };
}
