/** Enrollments and registrations in SQLite. */
import type { Database } from '../../wire/database.ts';

/** A group of devices with keys derived from the group's, or one device with keys of its own. */
export interface Enrollment {
  readonly kind: 'group' | 'individual';
  /** Name of the group, or the device's registration id. */
  readonly id: string;
  /** Base64. */
  readonly primaryKey: string;
  readonly secondaryKey: string;
  readonly enabled: boolean;
  /** Device id to be registered under; for an individual enrollment, else the registration id. */
  readonly deviceId: string | null;
  readonly iotEdge: boolean;
}

/** What became of a device's registration. */
export interface Registration {
  readonly registrationId: string;
  readonly operationId: string;
  readonly status: 'assigned' | 'disabled';
  readonly deviceId: string;
  readonly assignedHub: string;
  readonly enrollmentGroupId: string | null;
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly etag: string;
}

export const MIGRATIONS = [
  `CREATE TABLE enrollments (
     kind TEXT NOT NULL,
     id TEXT NOT NULL,
     enrollment TEXT NOT NULL,
     PRIMARY KEY (kind, id)
   ) WITHOUT ROWID;
   CREATE TABLE registrations (
     registration_id TEXT PRIMARY KEY,
     registration TEXT NOT NULL
   ) WITHOUT ROWID;`,
];

export class ProvisioningStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  findEnrollment(kind: Enrollment['kind'], id: string): Enrollment | undefined {
    const row = this.#database
      .prepare('SELECT enrollment FROM enrollments WHERE kind = ? AND id = ?')
      .get(kind, id) as { enrollment: string } | undefined;
    return row && (JSON.parse(row.enrollment) as Enrollment);
  }

  groups(): Enrollment[] {
    const rows = this.#database
      .prepare(`SELECT enrollment FROM enrollments WHERE kind = 'group' ORDER BY id`)
      .all() as { enrollment: string }[];
    return rows.map(({ enrollment }) => JSON.parse(enrollment) as Enrollment);
  }

  putEnrollment(enrollment: Enrollment): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO enrollments VALUES (?, ?, ?)')
      .run(enrollment.kind, enrollment.id, JSON.stringify(enrollment));
  }

  findRegistration(registrationId: string): Registration | undefined {
    const row = this.#database
      .prepare('SELECT registration FROM registrations WHERE registration_id = ?')
      .get(registrationId) as { registration: string } | undefined;
    return row && (JSON.parse(row.registration) as Registration);
  }

  registrations(): Registration[] {
    const rows = this.#database
      .prepare('SELECT registration FROM registrations ORDER BY registration_id')
      .all() as { registration: string }[];
    return rows.map(({ registration }) => JSON.parse(registration) as Registration);
  }

  putRegistration(registration: Registration): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO registrations VALUES (?, ?)')
      .run(registration.registrationId, JSON.stringify(registration));
  }
}
