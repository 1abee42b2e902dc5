/**
 * Device and module twins: patches, versions, metadata and limits. Pure.
 *
 * Source: learn.microsoft.com/azure/iot-hub/iot-hub-devguide-device-twins (format, limits).
 *
 * Invariants:
 * - a section's version grows by one with every accepted patch and never otherwise;
 * - a refused patch leaves the section as it was.
 */

export type Json = string | number | boolean | null | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

/** Desired or reported properties. */
export interface TwinSection {
  readonly version: number;
  /** Without `$version` and `$metadata`. */
  readonly properties: JsonObject;
  /** `$lastUpdated` (and for desired `$lastUpdatedVersion`) of each property, as the service shows it. */
  readonly metadata: JsonObject;
}

/** Why a patch was refused; both parts go into the answer's body. */
export interface TwinError {
  readonly errorCode: number;
  readonly message: string;
}

export type PatchResult =
  | { readonly accepted: true; readonly section: TwinSection; readonly patch: JsonObject }
  | { readonly accepted: false; readonly error: TwinError };

const MAX_SECTION_BYTES = 32 * 1024;
const MAX_DEPTH = 10;
const MAX_KEY_BYTES = 1024;
const MAX_STRING_BYTES = 4096;
const MAX_INTEGER = 2 ** 52;
const BAD_REQUEST = 400;

/** What an identity's twin holds when it is made. */
export function emptySection(now: Date): TwinSection {
  return { version: 1, properties: {}, metadata: { $lastUpdated: now.toISOString() } };
}

/** Merges `patch` (an RFC 7396 merge patch, `null` removes) into the section. */
export function patchSection(section: TwinSection, patch: unknown, now: Date): PatchResult {
  return change(section, patch, now, (own) => mergeObject(section.properties, own));
}

/** Replaces all properties, as `PUT /twins/{id}` and a new deployment do. */
export function replaceSection(section: TwinSection, properties: unknown, now: Date): PatchResult {
  return change({ ...section, metadata: {} }, properties, now, (own) => mergeObject({}, own));
}

/** What a device gets: properties with `$version`. */
export function deviceView({ properties, version }: TwinSection): JsonObject {
  return { ...properties, $version: version };
}

/** What the service side gets: with metadata too. */
export function serviceView({ properties, metadata, version }: TwinSection): JsonObject {
  return { ...properties, $metadata: metadata, $version: version };
}

/** Reads JSON text that must be an object; undefined when it is not. */
export function parseJsonObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isPlainObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The merge patch that turns `before` into `after`: all of it, and `null` for what is gone. */
export function patchBetween(before: JsonObject, after: JsonObject): JsonObject {
  const gone = Object.entries(before).map(([key, old]): [string, Json] => {
    const value = after[key];
    if (value === undefined) return [key, null];
    return [key, isPlainObject(old) && isPlainObject(value) ? patchBetween(old, value) : value];
  });
  return { ...after, ...Object.fromEntries(gone) };
}

function change(
  section: TwinSection,
  patch: unknown,
  now: Date,
  merge: (own: JsonObject) => JsonObject,
): PatchResult {
  if (!isPlainObject(patch)) return refuse('A twin patch must be a JSON object.');
  const { $version: _version, $metadata: _metadata, ...own } = patch;
  const problem = problemOf(own, 1);
  if (problem !== undefined) return refuse(problem);
  const properties = merge(own);
  if (Buffer.byteLength(JSON.stringify(properties)) > MAX_SECTION_BYTES) {
    return refuse(`The properties are larger than ${MAX_SECTION_BYTES} bytes.`);
  }
  const version = section.version + 1;
  const stamp = { $lastUpdated: now.toISOString(), $lastUpdatedVersion: version };
  const metadata = mergeMetadata(section.metadata, own, stamp);
  return { accepted: true, section: { version, properties, metadata }, patch: own };
}

function refuse(message: string): PatchResult {
  return { accepted: false, error: { errorCode: BAD_REQUEST, message } };
}

function mergeObject(target: JsonObject, patch: JsonObject): JsonObject {
  const merged = new Map(Object.entries(target));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else if (isPlainObject(value)) merged.set(key, mergeObject(objectOr(merged.get(key)), value));
    else merged.set(key, value);
  }
  return Object.fromEntries(merged);
}

function mergeMetadata(target: JsonObject, patch: JsonObject, stamp: JsonObject): JsonObject {
  const merged = new Map(Object.entries({ ...target, ...stamp }));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else if (isPlainObject(value)) {
      merged.set(key, mergeMetadata(objectOr(merged.get(key)), value, stamp));
    } else merged.set(key, stamp);
  }
  return Object.fromEntries(merged);
}

function problemOf(value: Json, depth: number): string | undefined {
  if (typeof value === 'string' && Buffer.byteLength(value) > MAX_STRING_BYTES) {
    return `A value is longer than ${MAX_STRING_BYTES} bytes.`;
  }
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) > MAX_INTEGER) {
    return 'An integer is outside of -2^52 to 2^52.';
  }
  if (value === null || typeof value !== 'object') return undefined;
  if (depth > MAX_DEPTH) return `Properties are nested more than ${MAX_DEPTH} levels deep.`;
  if (Array.isArray(value)) return firstProblem(value, depth);
  return (
    Object.keys(value).map(keyProblem).find(Boolean) ?? firstProblem(Object.values(value), depth)
  );
}

function firstProblem(values: readonly Json[], depth: number): string | undefined {
  for (const value of values) {
    const problem = problemOf(value, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function keyProblem(key: string): string | undefined {
  if (key === '' || Buffer.byteLength(key) > MAX_KEY_BYTES) {
    return `A property name must have 1 to ${MAX_KEY_BYTES} bytes.`;
  }
  if (/[\p{Cc}.$ ]/u.test(key)) {
    return `The property name '${key}' has a control character, '.', '$' or a space.`;
  }
  return undefined;
}

function objectOr(value: Json | undefined): JsonObject {
  return value !== undefined && isPlainObject(value) ? value : {};
}

function isPlainObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
