import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  MIGRATIONS,
  ProvisioningStore,
} from '../../../../simulator/azure/device-provisioning/provisioning-store.ts';
import {
  IdentityStore,
  MIGRATIONS as HUB_MIGRATIONS,
} from '../../../../simulator/azure/iot-hub/identity-store.ts';
import { openDatabase } from '../../../../simulator/wire/database.ts';

describe('the state of an earlier version', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'earlier-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Opens as the earlier version did, writes one row, and opens again as this one does. */
  function upgraded(migrations: readonly string[], sql: string, document: object) {
    const path = join(folder, 'state.db');
    const before = openDatabase(path, migrations.slice(0, 1));
    before.prepare(sql).run(JSON.stringify(document));
    before.close();
    return openDatabase(path, migrations);
  }

  it('keeps its enrollments: they have keys', () => {
    const keys = { primaryKey: 'cA==', secondaryKey: 'cw==' };
    const database = upgraded(MIGRATIONS, `INSERT INTO enrollments VALUES ('group', 'meters', ?)`, {
      kind: 'group',
      id: 'meters',
      enabled: true,
      deviceId: null,
      iotEdge: false,
      ...keys,
    });
    const group = new ProvisioningStore(database).findEnrollment('group', 'meters');
    database.close();

    assert.deepEqual(group?.attestation, { type: 'symmetricKey', ...keys });
    assert.equal(group.enabled, true);
    assert.deepEqual(group.policies, {});
    assert.ok(group.etag !== '' && group.createdMs > 0);
    assert.ok(!('primaryKey' in group));
  });

  it('keeps its devices: they sign in with keys', () => {
    const sql = `INSERT INTO identities VALUES ('Meter01', '', NULL, NULL, ?, '{}')`;
    const database = upgraded(HUB_MIGRATIONS, sql, { deviceId: 'Meter01', primaryKey: 'cA==' });
    const device = new IdentityStore(database).find({ deviceId: 'Meter01' });
    database.close();

    assert.equal(device?.authentication, 'sas');
    assert.equal(device.primaryKey, 'cA==');
    assert.equal(device.primaryThumbprint, null);
  });
});
