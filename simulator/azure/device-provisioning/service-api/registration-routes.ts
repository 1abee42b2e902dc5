/** `/registrations…`: what became of devices. */
import { ProvisioningError } from '../provisioning-error.ts';
import { registrationDocument } from '../registration-document.ts';
import type { Registration } from '../enrollment.ts';
import { pageOf } from './exchange.ts';
import type { ProvisioningApp } from './provisioning-app.ts';
import type { ServiceApiParts } from './service-api-parts.ts';

interface NamedRoute {
  readonly Params: { readonly id: string };
}

export function addRegistrationRoutes(
  app: ProvisioningApp,
  { store, commits, enrollments }: ServiceApiParts,
): void {
  const get = (id: string): Registration => {
    const registration = store.findRegistration(id);
    if (registration !== undefined) return registration;
    throw new ProvisioningError('registrationNotFound', 'Registration not found.');
  };
  app.get<NamedRoute>('/registrations/:id', ({ params }) => registrationDocument(get(params.id)));
  app.delete<NamedRoute>('/registrations/:id', async ({ params, headers }, reply) => {
    await commits.run(() => {
      const { registrationId, etag } = get(params.id);
      const wanted = headers['if-match']?.replace(/^"|"$/g, '') ?? '*';
      if (wanted !== '*' && wanted !== etag) {
        throw new ProvisioningError(
          'etagMismatch',
          'Precondition failed: the etag is not current.',
        );
      }
      store.removeRegistration(registrationId);
    });
    return reply.code(204).send();
  });
  app.post<NamedRoute>('/registrations/:id/query', (request, reply) => {
    const { id } = enrollments.get({ kind: 'group', id: request.params.id });
    const own = store.registrations().filter(({ enrollmentGroupId }) => enrollmentGroupId === id);
    return pageOf(request, reply, undefined, own.map(registrationDocument));
  });
}
