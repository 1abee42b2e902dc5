/** Differences and sums of JSON merge patches (RFC 7396). Pure. */
import type { Json, JsonObject } from '../../../wire/twin-document.ts';

/** The merge patch that makes `after` of `before`. */
export function diffObjects(before: JsonObject, after: JsonObject): JsonObject {
  const patch = new Map<string, Json>();
  for (const key of Object.keys(before)) if (!Object.hasOwn(after, key)) patch.set(key, null);
  for (const [key, value] of Object.entries(after)) {
    const old = before[key];
    if (isObject(old) && isObject(value)) {
      const inner = diffObjects(old, value);
      if (Object.keys(inner).length > 0) patch.set(key, inner);
    } else if (JSON.stringify(old) !== JSON.stringify(value)) {
      patch.set(key, value);
    }
  }
  return Object.fromEntries(patch);
}

/** One merge patch for two applied one after the other: nulls are kept. */
export function combinePatches(first: JsonObject, second: JsonObject): JsonObject {
  const combined = new Map(Object.entries(first));
  for (const [key, value] of Object.entries(second)) {
    const old = combined.get(key);
    combined.set(key, isObject(old) && isObject(value) ? combinePatches(old, value) : value);
  }
  return Object.fromEntries(combined);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
