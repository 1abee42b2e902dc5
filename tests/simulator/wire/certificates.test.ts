import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureCertificates } from '../../../simulator/wire/certificates.ts';
import { testSettings, type TestSettings } from '../../support/settings.ts';

describe('certificates', function () {
  this.timeout(10_000);
  let test: TestSettings;

  beforeEach(async () => {
    test = await testSettings();
  });
  afterEach(() => test.cleanup());

  it('are made once, also when several processes ask at the same time', async () => {
    const { settings } = test;
    const all = await Promise.all([1, 2, 3].map(() => ensureCertificates(settings)));
    const again = await ensureCertificates(settings);
    for (const certificates of all) assert.deepEqual(certificates, again);
    assert.deepEqual(await readdir(settings.stateFolder), ['certificates']);
  });

  it('name the hosts that clients dial, signed by the authority', async () => {
    const { settings } = test;
    const { caPem, caFile, serverCertPem } = await ensureCertificates(settings);
    const server = new X509Certificate(serverCertPem);
    const authority = new X509Certificate(caPem);
    for (const host of [
      'localhost',
      settings.iotHubHostName,
      'global.azure-devices-provisioning.net',
    ]) {
      assert.ok(server.checkHost(host), host);
    }
    assert.ok(server.checkIP('127.0.0.1'));
    assert.ok(server.checkIssued(authority) && server.verify(authority.publicKey));
    assert.ok(authority.ca && !server.ca);
    assert.equal(await readFile(caFile, 'utf8'), caPem);
  });

  it('keep the key readable by its owner only, and no key of the authority', async () => {
    const { settings } = test;
    await ensureCertificates(settings);
    const folder = join(settings.stateFolder, 'certificates');
    assert.deepEqual((await readdir(folder)).toSorted(), [
      'ca.pem',
      'server-key.pem',
      'server.pem',
    ]);
    assert.equal((await stat(join(folder, 'server-key.pem'))).mode & 0o777, 0o600);
  });
});
