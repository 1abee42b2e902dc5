/** What the routes of the service side work on. */
import type { GroupCommit } from '../../../wire/database.ts';
import type { Settings } from '../../../wire/settings.ts';
import type { Enrollments } from '../enrollments.ts';
import type { ProvisioningStore } from '../provisioning-store.ts';

/** Shared by all routes of the service side. */
export interface ServiceApiParts {
  readonly settings: Settings;
  readonly hubHostName: string;
  readonly enrollments: Enrollments;
  readonly store: ProvisioningStore;
  readonly commits: GroupCommit;
}
