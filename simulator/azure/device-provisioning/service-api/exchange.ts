/** Requests and pages of answers of the service API. */
import type { RouteGenericInterface } from 'fastify';
import { z } from 'zod';
import { parseJsonObject, type JsonObject } from '../../../wire/twin-document.ts';
import { ProvisioningError } from '../provisioning-error.ts';
import type { ProvisioningRequest } from './provisioning-app.ts';

const DEFAULT_PAGE = 100;
const Page = z.coerce.number().int().min(1).max(1_000).default(DEFAULT_PAGE);
const Offset = z.coerce.number().int().min(0).default(0);

/** @throws ProvisioningError badRequest when the body is not a JSON object */
export function parseBody<Route extends RouteGenericInterface>({
  body,
}: ProvisioningRequest<Route>): JsonObject {
  const parsed = typeof body === 'string' ? parseJsonObject(body) : undefined;
  if (parsed !== undefined) return parsed;
  throw new ProvisioningError('badRequest', 'The body is not a JSON object.');
}

/**
 * One page of the answer to a query; `SELECT *` without a condition is the only one.
 *
 * @throws ProvisioningError badRequest
 */
export function pageOf<Route extends RouteGenericInterface>(
  request: ProvisioningRequest<Route>,
  reply: { header(name: string, value: string): unknown },
  table: string | undefined,
  rows: readonly JsonObject[],
): JsonObject[] {
  if (table !== undefined) requireWholeTable(parseBody(request)['query'], table);
  const size = Page.parse(request.headers['x-ms-max-item-count']);
  const from = Offset.parse(request.headers['x-ms-continuation']);
  const page = rows.slice(from, from + size);
  if (from + size < rows.length) reply.header('x-ms-continuation', String(from + size));
  return page;
}

function requireWholeTable(query: unknown, table: string): void {
  const wanted = new RegExp(`^\\s*select\\s+\\*\\s+from\\s+${table}\\s*;?\\s*$`, 'i');
  if (typeof query === 'string' && wanted.test(query)) return;
  throw new ProvisioningError('badRequest', `The only query here is SELECT * FROM ${table}.`);
}
