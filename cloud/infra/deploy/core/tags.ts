/**
 * The tags that say what this command made.
 *
 * Invariants:
 * - `down` removes a resource only when `isOurs` says so;
 * - a resource of another environment is somebody else's.
 */

/** Tags of a resource, as Azure lists them. */
export type Tags = Readonly<Record<string, string>> | null | undefined;

const APPLICATION = 'iot-end-to-end';
const MANAGED_BY = 'iot-end-to-end-deploy';

/** Tags of everything that is made, as in `cloud/infra/main.bicep`. */
export function tagsOf(environment: string): Readonly<Record<string, string>> {
  return { application: APPLICATION, environment, 'managed-by': MANAGED_BY };
}

/** Whether the tags are those of this command in this environment. */
export function isOurs(tags: Tags, environment: string): boolean {
  return Object.entries(tagsOf(environment)).every(([name, value]) => tags?.[name] === value);
}
