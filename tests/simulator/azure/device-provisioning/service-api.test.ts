import assert from 'node:assert/strict';
import type {
  EnrollmentGroup,
  IndividualEnrollment,
} from 'azure-iot-provisioning-service/dist/interfaces.js';
import type { Query } from 'azure-iot-provisioning-service/dist/query.js';
import { SymmetricKeySecurityClient } from 'azure-iot-security-symmetric-key';
import { deriveDeviceKey } from '../../../../simulator/wire/sas-token.ts';
import { TestAzure } from '../../../support/azure.ts';
import { testDevice, testRoot } from '../../../support/certificates.ts';
import { serviceClient } from './support/service-client.ts';
import { registerOverHttps } from './support/transports.ts';

describe('Device Provisioning and the service SDK', function () {
  this.timeout(20_000);
  let azure: TestAzure;
  let service: ReturnType<typeof serviceClient>;
  const key = Buffer.alloc(32, 7).toString('base64');

  before(async () => {
    azure = await TestAzure.start();
    service = serviceClient(azure);
  });
  after(() => azure.stop());
  afterEach(() => azure.closeClients());

  /** The SDK's type wants everything that the service fills in. */
  function individual(registrationId: string, more: object = {}): IndividualEnrollment {
    const attestation = { type: 'symmetricKey', symmetricKey: { primaryKey: key } };
    return { registrationId, attestation, ...more } as unknown as IndividualEnrollment;
  }

  /** The service's answer to what it refuses. */
  async function refusal(attempt: Promise<unknown>): Promise<Record<string, unknown>> {
    const error = await attempt.then(
      () => assert.fail('not refused'),
      (reason: Error & { responseBody: string }) => reason,
    );
    return JSON.parse(error.responseBody) as Record<string, unknown>;
  }

  it('makes, shows, changes and removes an individual enrollment', async () => {
    const made = (await service.createOrUpdateIndividualEnrollment(individual('one'))).responseBody;
    assert.equal(made.provisioningStatus, 'enabled');
    assert.ok(made.etag !== '');

    const changed = await service.createOrUpdateIndividualEnrollment(
      individual('one', { etag: made.etag, provisioningStatus: 'disabled', deviceId: 'Device-1' }),
    );
    assert.equal(changed.responseBody.createdDateTimeUtc, made.createdDateTimeUtc);
    const shown = (await service.getIndividualEnrollment('one')).responseBody;
    assert.equal(shown.provisioningStatus, 'disabled');
    assert.equal(shown.deviceId, 'Device-1');

    await service.deleteIndividualEnrollment('one');
    const answer = await refusal(service.getIndividualEnrollment('one'));
    assert.equal(answer['errorCode'], 404_201);
  });

  it('shows keys only where they are asked for by themselves', async () => {
    await service.createOrUpdateIndividualEnrollment(individual('secret'));

    const shown = await service.getIndividualEnrollment('secret');
    assert.ok(!JSON.stringify(shown.responseBody).includes(key));
    const mechanism = await service.getIndividualEnrollmentAttestationMechanism('secret');
    assert.equal(mechanism.responseBody.symmetricKey?.primaryKey, key);
    const group = await service.getEnrollmentGroupAttestationMechanism(
      azure.settings.enrollmentGroupId,
    );
    const { enrollmentGroupKey } = azure.settings.secrets;
    assert.equal(group.responseBody.symmetricKey?.primaryKey, enrollmentGroupKey);
  });

  it('refuses to make what is there, and to change what somebody else has changed', async () => {
    const made = (await service.createOrUpdateIndividualEnrollment(individual('two'))).responseBody;
    const again = await refusal(service.createOrUpdateIndividualEnrollment(individual('two')));
    assert.equal(again['errorCode'], 409_201);

    await service.createOrUpdateIndividualEnrollment(individual('two', { etag: '*' }));
    const { etag } = made;
    const late = service.createOrUpdateIndividualEnrollment(individual('two', { etag }));
    assert.equal(Math.floor(Number((await refusal(late))['errorCode']) / 1_000), 412);
    const removal = await refusal(service.deleteIndividualEnrollment('two', etag));
    assert.equal(Math.floor(Number(removal['errorCode']) / 1_000), 412);
  });

  it('makes a group by which a device is registered, with its twin, and lists what it registered', async () => {
    const group = {
      enrollmentGroupId: 'own-group',
      attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: key } },
      provisioningStatus: 'enabled',
      capabilities: { iotEdge: true },
      initialTwin: { tags: { site: 'north' }, properties: { desired: { intervalSeconds: 5 } } },
    } as unknown as EnrollmentGroup;
    await service.createOrUpdateEnrollmentGroup(group);
    const security = new SymmetricKeySecurityClient('gw-1', deriveDeviceKey(key, 'gw-1'));

    await registerOverHttps(azure, security);

    const { responseBody: twin } = await azure.registry().getTwin('gw-1');
    assert.deepEqual(twin.tags, { site: 'north' });
    assert.equal(twin.properties.desired['intervalSeconds'], 5);
    const { responseBody: device } = await azure.registry().get('gw-1');
    assert.equal(device.capabilities?.iotEdge, true);

    const rows = await all(
      service.createEnrollmentGroupDeviceRegistrationStateQuery(
        { query: 'SELECT * FROM enrollments' },
        'own-group',
      ),
    );
    assert.deepEqual(
      rows.map((row) => row['registrationId']),
      ['gw-1'],
    );
    const state = (await service.getDeviceRegistrationState('gw-1')).responseBody;
    assert.equal(state.status, 'assigned');
    await service.deleteDeviceRegistrationState('gw-1');
    const gone = await refusal(service.getDeviceRegistrationState('gw-1'));
    assert.equal(gone['errorCode'], 404_202);
    await service.deleteEnrollmentGroup('own-group');
    await assert.rejects(registerOverHttps(azure, security), { name: 'UnauthorizedError' });
  });

  it('answers a query page by page', async () => {
    const ids = ['page-1', 'page-2', 'page-3'];
    for (const id of ids) await service.createOrUpdateIndividualEnrollment(individual(id));
    const query = { query: 'SELECT * FROM enrollments' };

    const paged = await all(service.createIndividualEnrollmentQuery(query, 2));

    const whole = await all(service.createIndividualEnrollmentQuery(query, 100));
    assert.deepEqual(paged, whole);
    for (const id of ids) assert.ok(paged.some((row) => row['registrationId'] === id));
    const groups = { query: 'select * from enrollmentGroups' };
    assert.ok((await all(service.createEnrollmentGroupQuery(groups))).length >= 1);
    const other = service.createIndividualEnrollmentQuery({ query: 'SELECT x FROM enrollments' });
    assert.match(String((await refusal(all(other)))['message']), /only query here/);
  });

  /** Asked without a token, the SDK begins again with the first page. */
  async function all(query: Query): Promise<Record<string, unknown>[]> {
    const rows: Record<string, unknown>[] = [];
    do {
      const { responseBody } = await query.next(query.continuationToken);
      // The SDK's type speaks of `items`; the service answers an array.
      rows.push(...(responseBody as unknown as Record<string, unknown>[]));
    } while (query.hasMoreResults);
    return rows;
  }

  it('changes many at once and names those that failed', async () => {
    const enrollments = [individual('bulk-1'), individual('two'), individual('bad id')];

    // Without a callback the SDK's promise never settles.
    const result = await new Promise<Record<string, unknown>>((resolve, reject) => {
      service.runBulkEnrollmentOperation({ mode: 'create', enrollments }, (error, answer) => {
        if (error) reject(error);
        else resolve({ ...answer });
      });
    });

    assert.equal(result['isSuccessful'], false);
    const failed = result['errors'] as { registrationId: string }[];
    assert.deepEqual(
      failed.map(({ registrationId }) => registrationId),
      ['two', 'bad id'],
    );
    await service.getIndividualEnrollment('bulk-1');
  });

  it('refuses what it has not, by name', async () => {
    const { cert } = await testDevice(await testRoot(), 'leaf');
    const x509 = (certificates: object) => ({ type: 'x509', x509: certificates });
    const cases: [object, RegExp][] = [
      [{ allocationPolicy: 'custom' }, /Custom allocation is not supported/],
      [{ iotHubs: ['other.azure-devices.net'] }, /is not linked/],
      [{ attestation: x509({ caReferences: { primary: 'a' } }) }, /caReferences are not supported/],
      [{ attestation: { type: 'tpm', tpm: { endorsementKey: 'AAAA' } } }, /not usable/],
      [
        { attestation: x509({ clientCertificates: { primary: { certificate: 'x' } } }) },
        /neither PEM nor DER/,
      ],
    ];
    for (const [more, reason] of cases) {
      const attempt = service.createOrUpdateIndividualEnrollment(individual('refused', more));
      assert.match(String((await refusal(attempt))['message']), reason);
    }
    const leafGroup = {
      enrollmentGroupId: 'refused',
      attestation: x509({ signingCertificates: { primary: { certificate: cert } } }),
    } as unknown as EnrollmentGroup;
    const answer = await refusal(service.createOrUpdateEnrollmentGroup(leafGroup));
    assert.match(String(answer['message']), /that of an authority/);
  });

  it('takes no other key, and no device token', async () => {
    const stranger = serviceClient(azure, Buffer.alloc(32).toString('base64'));
    await assert.rejects(stranger.getIndividualEnrollment('two'), { name: 'UnauthorizedError' });
    const { ports } = azure.settings;
    const url = `https://localhost:${ports.deviceProvisioningHttps}/enrollments/two`;
    assert.equal((await azure.fetch(url, 'GET')).status, 401);
  });

  it('keeps enrollments across a restart', async () => {
    await service.createOrUpdateIndividualEnrollment(individual('durable'));
    await azure.restart();
    const { registrationId } = (await service.getIndividualEnrollment('durable')).responseBody;
    assert.equal(registrationId, 'durable');
  });
});
