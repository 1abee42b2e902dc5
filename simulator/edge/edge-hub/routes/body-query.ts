/**
 * `$body.a.b[0].c` over a JSON body.
 *
 * Only a message that says `application/json` and a UTF encoding has a body that can be queried;
 * objects and arrays as results are undefined. Source: Azure/iotedge, edge-hub, Routing.Core,
 * query/jsonpath and query/builtins/BodyQuery.cs.
 */
import type { ConditionValue } from './condition.ts';
import { RouteError } from './route-error.ts';

const PATH = /^[^.[\]]+(?:\[\d+\])*(?:\.[^.[\]]+(?:\[\d+\])*)*$/;

export type BodyPath = readonly (string | number)[];

/** @throws RouteError when `path` (without `$body.`) is not a path */
export function parseBodyPath(path: string, offset: number): BodyPath {
  if (!PATH.test(path)) {
    throw new RouteError(
      offset,
      `The body query ${path} is not a path`,
      'Write $body.name[0].name.',
    );
  }
  return path.split(/[.[\]]+/).flatMap((part) => (part === '' ? [] : [toStep(part)]));
}

function toStep(part: string): string | number {
  return /^\d+$/.test(part) ? Number(part) : part;
}

export interface QueriedBody {
  readonly body: Buffer;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
}

/** Decodes a body for queries; undefined when it may not be queried or is not JSON. */
export function decodeBody({ body, contentType, contentEncoding }: QueriedBody): unknown {
  if (contentType?.toLowerCase() !== 'application/json') return undefined;
  const encoding = contentEncoding?.toLowerCase();
  if (encoding !== 'utf-8' && encoding !== 'utf-16') return undefined;
  try {
    return JSON.parse(body.toString(encoding === 'utf-8' ? 'utf8' : 'utf16le'));
  } catch {
    return undefined;
  }
}

/** The leaf at `path`, or undefined. */
export function queryBody(body: unknown, path: BodyPath): ConditionValue {
  let found: unknown = body;
  for (const step of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step))
      return undefined;
    found = (found as Record<string | number, unknown>)[step];
  }
  if (typeof found === 'object' && found !== null) return undefined;
  return found as ConditionValue;
}
