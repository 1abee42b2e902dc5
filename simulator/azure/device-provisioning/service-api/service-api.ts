/**
 * The API of the service side, as azure-iot-provisioning-service and the az command line call it:
 * enrollments, enrollment groups, registrations.
 */
import type { GroupCommit } from '../../../wire/database.ts';
import type { Settings } from '../../../wire/settings.ts';
import type { Enrollments } from '../enrollments.ts';
import type { ProvisioningStore } from '../provisioning-store.ts';
import { requireOwner } from './access.ts';
import { addEnrollmentRoutes } from './enrollment-routes.ts';
import type { ProvisioningApp } from './provisioning-app.ts';
import { addRegistrationRoutes } from './registration-routes.ts';

export interface ServiceApiParts {
  readonly settings: Settings;
  readonly hubHostName: string;
  readonly enrollments: Enrollments;
  readonly store: ProvisioningStore;
  readonly commits: GroupCommit;
}

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
