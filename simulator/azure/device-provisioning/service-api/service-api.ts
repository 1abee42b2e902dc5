/**
 * The API of the service side, as azure-iot-provisioning-service and the az command line call it:
 * enrollments, enrollment groups, registrations.
 */
import { requireOwner } from './access.ts';
import { addEnrollmentRoutes } from './enrollment-routes.ts';
import type { ProvisioningApp } from './provisioning-app.ts';
import { addRegistrationRoutes } from './registration-routes.ts';
import type { ServiceApiParts } from './service-api-parts.ts';

/** Adds all routes of the service side, behind one check of who calls. */
export function addServiceApi(app: ProvisioningApp, parts: ServiceApiParts): void {
  const { deviceProvisioningHostName: hostName, secrets } = parts.settings;
  const access = { hostName, ownerKey: secrets.deviceProvisioningOwnerKey };
  // A context of its own: the hook is for these routes only.
  void app.register(async (api: ProvisioningApp) => {
    api.addHook('onRequest', async (request) => requireOwner(access, request));
    addEnrollmentRoutes(api, parts);
    addRegistrationRoutes(api, parts);
  });
}
