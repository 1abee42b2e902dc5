import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CredentialsStore } from '../../../simulator/meters/credentials.ts';

const CREDENTIALS = { deviceId: 'Meter01', assignedHub: 'lab-hub', key: 'c2VjcmV0' };

describe('meter credentials', () => {
  let folder: string;
  let store: CredentialsStore;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'credentials-'));
    store = new CredentialsStore(folder);
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('are found again after a restart', () => {
    store.write('Meter01', CREDENTIALS);
    assert.deepEqual(new CredentialsStore(folder).read('Meter01'), CREDENTIALS);
    assert.equal(store.read('Meter02'), undefined);
  });

  it('are readable by their owner only', () => {
    store.write('Meter01', CREDENTIALS);
    assert.equal(statSync(join(folder, 'Meter01.json')).mode & 0o777, 0o600);
  });

  it('count as missing when they are damaged, so that the meter registers again', () => {
    writeFileSync(join(folder, 'Meter01.json'), '{"deviceId":');
    assert.equal(store.read('Meter01'), undefined);
  });

  it('stay in their folder whatever the meter is called', () => {
    store.write('../outside', CREDENTIALS);
    assert.equal(readdirSync(folder).length, 1);
  });
});
