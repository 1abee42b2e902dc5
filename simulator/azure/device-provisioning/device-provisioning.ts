/**
 * The local Device Provisioning Service: one ID scope, one linked hub, symmetric keys.
 *
 * State: `<stateFolder>/azure/device-provisioning.db`.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { ensureCertificates } from '../../wire/certificates.ts';
import { GroupCommit, openDatabase } from '../../wire/database.ts';
import type { LocalProcessContext, RunningService } from '../../wire/local-process.ts';
import { startMqttFront } from '../../wire/mqtt-front/start-mqtt-front.ts';
import { Provisioner, type LinkedHub } from './provisioner.ts';
import { ProvisioningFront } from './provisioning-front.ts';
import {
  MIGRATIONS,
  ProvisioningStore,
  type Enrollment,
  type Registration,
} from './provisioning-store.ts';

export interface DeviceProvisioningContext extends LocalProcessContext {
  readonly hub: LinkedHub;
}

/** What may be chosen for an individual enrollment. */
export interface IndividualEnrollment {
  readonly registrationId: string;
  readonly primaryKey?: string | undefined;
  readonly deviceId?: string | undefined;
  readonly iotEdge?: boolean | undefined;
  readonly enabled?: boolean | undefined;
}

export interface DeviceProvisioning extends RunningService {
  /** The enrollment group of the settings. */
  group(): Enrollment;
  setGroupEnabled(enabled: boolean): Promise<void>;
  enroll(enrollment: IndividualEnrollment): Promise<Enrollment>;
  registrations(): Registration[];
}

/** Starts the service; the enrollment group of the settings exists from the beginning. */
export async function startDeviceProvisioning(
  context: DeviceProvisioningContext,
): Promise<DeviceProvisioning> {
  const { settings, log, hub } = context;
  const path = join(settings.stateFolder, 'azure', 'device-provisioning.db');
  const database = openDatabase(path, MIGRATIONS);
  const store = new ProvisioningStore(database);
  const commits = new GroupCommit(database);
  const enrollments = new Enrollments(store, commits, settings.enrollmentGroupId);
  await enrollments.ensureGroup(settings.secrets.enrollmentGroupKey);
  const { serverCertPem: cert, serverKeyPem: key } = await ensureCertificates(settings);
  const provisioner = new Provisioner(settings.idScope, { store, commits }, hub);
  const front = await startMqttFront({
    port: settings.ports.deviceProvisioning,
    tls: { cert, key },
    handler: new ProvisioningFront(settings.idScope, provisioner, log),
    log,
  });
  return {
    group: () => enrollments.group(),
    setGroupEnabled: (enabled) => enrollments.setGroupEnabled(enabled),
    enroll: (enrollment) => enrollments.enroll(enrollment),
    registrations: () => store.registrations(),
    stop: async () => {
      await front.stop();
      database.close();
    },
  };
}

class Enrollments {
  readonly #store: ProvisioningStore;
  readonly #commits: GroupCommit;
  readonly #groupId: string;

  constructor(store: ProvisioningStore, commits: GroupCommit, groupId: string) {
    this.#store = store;
    this.#commits = commits;
    this.#groupId = groupId;
  }

  group(): Enrollment {
    const group = this.#store.findEnrollment('group', this.#groupId);
    if (group === undefined) throw new Error(`There is no enrollment group '${this.#groupId}'.`);
    return group;
  }

  /** The settings' key is the group's, whatever the database says. */
  async ensureGroup(primaryKey: string): Promise<void> {
    const found = this.#store.findEnrollment('group', this.#groupId);
    if (found?.primaryKey === primaryKey) return;
    const group = { ...newEnrollment('group', this.#groupId), ...found, primaryKey };
    await this.#commits.run(() => this.#store.putEnrollment(group));
  }

  async setGroupEnabled(enabled: boolean): Promise<void> {
    await this.#commits.run(() => this.#store.putEnrollment({ ...this.group(), enabled }));
  }

  async enroll(wanted: IndividualEnrollment): Promise<Enrollment> {
    const { registrationId, primaryKey, deviceId, iotEdge, enabled } = wanted;
    const found =
      this.#store.findEnrollment('individual', registrationId) ??
      newEnrollment('individual', registrationId);
    const enrollment = {
      ...found,
      primaryKey: primaryKey ?? found.primaryKey,
      deviceId: deviceId ?? found.deviceId,
      iotEdge: iotEdge ?? found.iotEdge,
      enabled: enabled ?? found.enabled,
    };
    await this.#commits.run(() => this.#store.putEnrollment(enrollment));
    return enrollment;
  }
}

function newEnrollment(kind: Enrollment['kind'], id: string): Enrollment {
  const newKey = () => randomBytes(32).toString('base64');
  return {
    kind,
    id,
    primaryKey: newKey(),
    secondaryKey: newKey(),
    enabled: true,
    deviceId: null,
    iotEdge: false,
  };
}
