/**
 * The local Device Provisioning Service: one ID scope, one linked hub; symmetric keys, X.509 and TPM
 * over MQTT, HTTPS and AMQP, and the service API.
 *
 * State: `<stateFolder>/azure/device-provisioning.db`.
 */
import { join } from 'node:path';
import { ensureCertificates } from '../../wire/certificates.ts';
import { GroupCommit, openDatabase } from '../../wire/database.ts';
import type { LocalProcessContext, RunningService } from '../../wire/local-process.ts';
import { startMqttFront } from '../../wire/mqtt-front/start-mqtt-front.ts';
import { startAmqpFront } from './amqp/amqp-front.ts';
import { DeviceApi } from './device-api.ts';
import type { Enrollment, Registration } from './enrollment.ts';
import { Enrollments, type IndividualEnrollment } from './enrollments.ts';
import { startHttpsFront } from './https-front.ts';
import { ProvisioningMqttFront } from './mqtt-front.ts';
import { Provisioner, type LinkedHub } from './provisioner.ts';
import { MIGRATIONS, ProvisioningStore } from './provisioning-store.ts';

export interface DeviceProvisioningContext extends LocalProcessContext {
  readonly hub: LinkedHub;
}

export interface DeviceProvisioning extends RunningService {
  /** The enrollment group of the settings. */
  group(): Enrollment;
  setGroupEnabled(enabled: boolean): Promise<void>;
  enroll(enrollment: IndividualEnrollment): Promise<Enrollment>;
  registrations(): Registration[];
}

/** The service asks clients to come back after 3 s; here an assignment is done by then. */
const FAITHFUL_RETRY_AFTER_SECONDS = 3;

/** Starts the service; the enrollment group of the settings exists from the beginning. */
export async function startDeviceProvisioning(
  context: DeviceProvisioningContext,
): Promise<DeviceProvisioning> {
  const { settings } = context;
  const path = join(settings.stateFolder, 'azure', 'device-provisioning.db');
  const database = openDatabase(path, MIGRATIONS);
  const store = new ProvisioningStore(database);
  const stored = { store, commits: new GroupCommit(database) };
  const enrollments = new Enrollments(stored);
  const groupName = { kind: 'group', id: settings.enrollmentGroupId } as const;
  await enrollments.ensureGroup(groupName.id, settings.secrets.enrollmentGroupKey);
  const fronts = await startFronts(context, { ...stored, enrollments });
  return {
    group: () => enrollments.get(groupName),
    setGroupEnabled: async (enabled) => {
      await enrollments.put({ ...enrollments.get(groupName), enabled }, 'any');
    },
    enroll: (enrollment) => enrollments.enroll(enrollment),
    registrations: () => store.registrations(),
    stop: async () => {
      await Promise.all(fronts.map((front) => front.stop()));
      if (database.open) database.close();
    },
  };
}

async function startFronts(
  { settings, log, hub }: DeviceProvisioningContext,
  stored: { store: ProvisioningStore; commits: GroupCommit; enrollments: Enrollments },
): Promise<RunningService[]> {
  const { idScope, ports, faithful } = settings;
  const { serverCertPem: cert, serverKeyPem: key } = await ensureCertificates(settings);
  const tls = { cert, key };
  const provisioner = new Provisioner(idScope, stored, hub);
  const retryAfterSeconds = faithful ? FAITHFUL_RETRY_AFTER_SECONDS : 0;
  const api = new DeviceApi({ provisioner, retryAfterSeconds, log });
  return [
    await startMqttFront({
      port: ports.deviceProvisioning,
      tls,
      asksForCertificates: true,
      handler: new ProvisioningMqttFront(idScope, api, log),
      log,
    }),
    await startAmqpFront({ idScope, port: ports.deviceProvisioningAmqp, tls, api, log }),
    await startHttpsFront({ settings, tls, api, log, hubHostName: hub.hostName, ...stored }),
  ];
}
