/** `/enrollments…` and `/enrollmentGroups…`. */
import { z } from 'zod';
import type { Enrollment } from '../enrollment.ts';
import type { EnrollmentMatch } from '../enrollments.ts';
import { ProvisioningError } from '../provisioning-error.ts';
import {
  attestationDocument,
  enrollmentDocument,
  enrollmentOf,
  GroupBody,
  IndividualBody,
  type EnrollmentBody,
} from './documents.ts';
import { parseBody, pageOf } from './exchange.ts';
import type { ProvisioningApp, ProvisioningRequest } from './provisioning-app.ts';
import type { ServiceApiParts } from './service-api-parts.ts';

interface NamedRoute {
  readonly Params: { readonly id: string };
}

const BulkBody = z.object({
  mode: z.enum(['create', 'update', 'updateIfMatchEtag', 'delete']),
  enrollments: z
    .array(z.object({ registrationId: z.string(), etag: z.string().optional() }).loose())
    .min(1)
    .max(10, { error: 'a bulk operation takes at most 10 enrollments' }),
});
type BulkBody = z.infer<typeof BulkBody>;

export function addEnrollmentRoutes(app: ProvisioningApp, parts: ServiceApiParts): void {
  addRoutes(app, parts, { kind: 'individual', path: '/enrollments', body: IndividualBody });
  addRoutes(app, parts, { kind: 'group', path: '/enrollmentGroups', body: GroupBody });
  app.post('/enrollments', (request) => runBulk(parts, BulkBody.parse(parseBody(request))));
}

function addRoutes(
  app: ProvisioningApp,
  parts: ServiceApiParts,
  of: { kind: Enrollment['kind']; path: string; body: z.ZodType<EnrollmentBody> },
): void {
  const { enrollments } = parts;
  const { kind, path } = of;
  app.put<NamedRoute>(`${path}/:id`, async (request) => {
    const { id } = request.params;
    const body = of.body.parse(parseBody(request));
    return enrollmentDocument(await put(parts, body, matchOf(request) ?? 'none', id));
  });
  app.get<NamedRoute>(`${path}/:id`, ({ params: { id } }) =>
    enrollmentDocument(enrollments.get({ kind, id })),
  );
  app.delete<NamedRoute>(`${path}/:id`, async (request, reply) => {
    await enrollments.remove({ kind, id: request.params.id }, matchOf(request) ?? 'any');
    return reply.code(204).send();
  });
  app.post<NamedRoute>(`${path}/:id/attestationmechanism`, ({ params: { id } }) =>
    attestationDocument(enrollments.get({ kind, id }).attestation),
  );
  const table = kind === 'group' ? 'enrollmentGroups' : 'enrollments';
  app.post(`${path}/query`, (request, reply) => {
    return pageOf(request, reply, table, enrollments.list(kind).map(enrollmentDocument));
  });
}

function put(
  { enrollments, hubHostName }: ServiceApiParts,
  body: EnrollmentBody,
  match: EnrollmentMatch,
  id?: string,
): Promise<Enrollment> {
  const isGroup = 'enrollmentGroupId' in body;
  const name = isGroup
    ? ({ kind: 'group', id: body.enrollmentGroupId } as const)
    : ({ kind: 'individual', id: body.registrationId } as const);
  if (id !== undefined && name.id !== id) {
    const message = 'The id in the body is not the id in the address.';
    throw new ProvisioningError('badRequest', message);
  }
  const enrollment = enrollmentOf(body, enrollments.find(name), hubHostName);
  // When it was made, when it was changed and its etag are for the store to set.
  const unstored = { createdMs: 0, updatedMs: 0, etag: '' };
  return enrollments.put({ ...enrollment, ...unstored }, match);
}

/** Each enrollment by itself; those that fail are named in the answer. */
async function runBulk(parts: ServiceApiParts, { mode, enrollments }: BulkBody) {
  const errors = [];
  for (const given of enrollments) {
    const { registrationId } = given;
    try {
      if (mode === 'delete') {
        await parts.enrollments.remove({ kind: 'individual', id: registrationId }, 'any');
      } else {
        await put(parts, IndividualBody.parse(given), bulkMatch(mode, given.etag));
      }
    } catch (error) {
      const refusal = bulkRefusal(error);
      const { errorCode, message } = refusal.document();
      errors.push({ registrationId, errorCode, errorStatus: message });
    }
  }
  return { isSuccessful: errors.length === 0, errors };
}

function bulkMatch(mode: Exclude<BulkBody['mode'], 'delete'>, etag?: string): EnrollmentMatch {
  if (mode === 'create') return 'none';
  return mode === 'update' ? 'any' : { etag: etag ?? '' };
}

function bulkRefusal(error: unknown): ProvisioningError {
  if (error instanceof ProvisioningError) return error;
  if (!(error instanceof z.ZodError)) throw error;
  return new ProvisioningError('badRequest', z.prettifyError(error));
}

/** The precondition of a request; undefined when it has none. */
function matchOf({ headers }: ProvisioningRequest<NamedRoute>): EnrollmentMatch | undefined {
  const header = headers['if-match']?.replace(/^"|"$/g, '');
  if (header === undefined) return undefined;
  return header === '*' ? 'any' : { etag: header };
}
