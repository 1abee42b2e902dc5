/** Enrollments and registrations in SQLite. */
import type { Database } from '../../wire/database.ts';
import type { Enrollment, Registration } from './enrollment.ts';

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
  // Until here there were keys only, and nothing was noted about changes.
  `UPDATE enrollments SET enrollment = json_set(
     json_remove(enrollment, '$.primaryKey', '$.secondaryKey'),
     '$.attestation', json_object(
       'type', 'symmetricKey',
       'primaryKey', enrollment ->> 'primaryKey',
       'secondaryKey', enrollment ->> 'secondaryKey'
     ),
     '$.initialTwin', NULL,
     '$.policies', json_object(),
     '$.createdMs', unixepoch() * 1000,
     '$.updatedMs', unixepoch() * 1000,
     '$.etag', lower(hex(randomblob(16)))
   );
   UPDATE registrations SET registration = json_set(
     registration, '$.attestation', 'symmetricKey', '$.certificate', NULL
   );`,
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

  /** All of a kind, by id. */
  enrollments(kind: Enrollment['kind']): Enrollment[] {
    const rows = this.#database
      .prepare('SELECT enrollment FROM enrollments WHERE kind = ? ORDER BY id')
      .all(kind) as { enrollment: string }[];
    return rows.map(({ enrollment }) => JSON.parse(enrollment) as Enrollment);
  }

  putEnrollment(enrollment: Enrollment): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO enrollments VALUES (?, ?, ?)')
      .run(enrollment.kind, enrollment.id, JSON.stringify(enrollment));
  }

  removeEnrollment({ kind, id }: Pick<Enrollment, 'kind' | 'id'>): void {
    this.#database.prepare('DELETE FROM enrollments WHERE kind = ? AND id = ?').run(kind, id);
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

  removeRegistration(registrationId: string): void {
    this.#database
      .prepare('DELETE FROM registrations WHERE registration_id = ?')
      .run(registrationId);
  }
}
