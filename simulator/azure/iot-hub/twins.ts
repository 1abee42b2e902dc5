/**
 * Device and module twins.
 *
 * Invariants: a desired patch is pushed to a connected and subscribed client after it is on disk,
 * in the order of the versions.
 */
import { isDeepStrictEqual } from 'node:util';
import type { GroupCommit } from '../../wire/database.ts';
import type { IdentityName } from '../../wire/identity-name.ts';
import { desiredPatchTopic } from '../../wire/mqtt-topics.ts';
import {
  patchSection,
  patchBetween,
  replaceSection,
  type JsonObject,
  type PatchResult,
} from '../../wire/twin-document.ts';
import type { Twin } from './identity.ts';
import type { IdentityStore } from './identity-store.ts';
import { checkMatch, type Match } from './identities.ts';
import { IotHubError } from './iot-hub-error.ts';
import type { Sessions } from './sessions.ts';

/** What the service side may change. */
export interface TwinChange {
  readonly tags?: JsonObject | undefined;
  readonly desired?: JsonObject | undefined;
}

export class Twins {
  readonly #store: IdentityStore;
  readonly #commits: GroupCommit;
  readonly #sessions: Sessions;

  constructor(store: IdentityStore, commits: GroupCommit, sessions: Sessions) {
    this.#store = store;
    this.#commits = commits;
    this.#sessions = sessions;
  }

  /** @throws IotHubError DeviceNotFound, ModuleNotFound */
  get(name: IdentityName): Twin {
    return this.#store.twin(name);
  }

  /** What a device reports; a refusal is a value, because its answer carries it. */
  patchReported(name: IdentityName, patch: JsonObject): Promise<PatchResult> {
    return this.#commits.run(() => {
      const result = patchSection(this.#store.twin(name).reported, patch, new Date());
      if (result.accepted) this.#store.changeTwin(name, { reported: result.section });
      return result;
    });
  }

  /**
   * Merges tags and desired properties.
   *
   * @throws IotHubError DeviceNotFound, ModuleNotFound, PreconditionFailed, ArgumentInvalid
   */
  patch(name: IdentityName, { tags, desired }: TwinChange, match: Match): Promise<Twin> {
    return this.#change(name, match, (twin) => ({
      ...(tags === undefined ? {} : { tags: patchTags(twin, tags) }),
      ...(desired === undefined ? {} : accept(patchSection(twin.desired, desired, new Date()))),
    }));
  }

  /** Replaces tags and desired properties; equal ones keep their version. */
  replace(name: IdentityName, { tags, desired }: TwinChange, match: Match): Promise<Twin> {
    return this.#change(name, match, (twin) => ({
      ...(tags === undefined ? {} : { tags: patchTags({ ...twin, tags: {} }, tags) }),
      ...(desired === undefined ? {} : replaceDesired(twin, desired)),
    }));
  }

  async #change(
    name: IdentityName,
    match: Match,
    change: (twin: Twin) => { tags?: JsonObject; desired?: Twin['desired']; pushed?: JsonObject },
  ): Promise<Twin> {
    const { twin, pushed } = await this.#commits.run(() => {
      const found = this.#store.twin(name);
      checkMatch(found.etag, match);
      const { pushed: patch, ...changed } = change(found);
      if (Object.keys(changed).length === 0) return { twin: found, pushed: undefined };
      return { twin: this.#store.changeTwin(name, changed), pushed: patch };
    });
    if (pushed !== undefined) this.#push(name, pushed, twin.desired.version);
    return twin;
  }

  #push(name: IdentityName, patch: JsonObject, version: number): void {
    const connection = this.#sessions.find(name);
    if (connection?.identity.subscriptions.has('desiredPatches') !== true) return;
    const body = JSON.stringify({ ...patch, $version: version });
    connection.send(desiredPatchTopic(version), body);
  }
}

function accept(result: PatchResult): { desired: Twin['desired']; pushed: JsonObject } {
  if (!result.accepted) throw new IotHubError('ArgumentInvalid', result.error.message);
  return { desired: result.section, pushed: result.patch };
}

function replaceDesired(twin: Twin, desired: JsonObject) {
  const changed = accept(replaceSection(twin.desired, desired, new Date()));
  const { properties } = twin.desired;
  if (isDeepStrictEqual(properties, changed.desired.properties)) return {};
  // The client merges what it is sent: what is gone must be named.
  return { ...changed, pushed: patchBetween(properties, changed.desired.properties) };
}

function patchTags(twin: Twin, tags: JsonObject): JsonObject {
  const section = { version: 0, properties: twin.tags, metadata: {} };
  return accept(patchSection(section, tags, new Date())).desired.properties;
}
