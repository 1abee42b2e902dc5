/**
 * What devices need beyond resources: enrollment groups, and the deployment that every gateway takes.
 *
 * Invariants:
 * - an enrollment group that is there is left as it is: meters in the field have its keys;
 * - keys are neither sent nor asked for: Azure makes them.
 *
 * Source: learn.microsoft.com/rest/api/iot-dps/service/enrollment-group (2021-10-01) and
 * learn.microsoft.com/rest/api/iothub/service/configuration (2021-04-12)
 */
import type { AzCommand } from './az-command.ts';

const PROVISIONING = ['--resource', 'https://azure-devices-provisioning.net'];
const HUB = ['--resource', 'https://iothubs.azure.net'];
const CONFIGURATION_API = 'api-version=2021-04-12';

/** An enrollment group of this system. */
export interface EnrollmentGroup {
  readonly id: string;
  readonly role: 'gateway' | 'meter';
}

/** Gateways and meters enroll apart: only a gateway gets modules. */
export const ENROLLMENT_GROUPS: readonly EnrollmentGroup[] = [
  { id: 'gateways', role: 'gateway' },
  { id: 'smart-meters', role: 'meter' },
];

function groupUrl(host: string, id: string): string {
  return `https://${host}/enrollmentGroups/${id}?api-version=2021-10-01`;
}

/** Whether a group is there: fails when it is not. The answer holds no keys. */
export function showEnrollmentGroup(host: string, id: string): AzCommand {
  return {
    args: ['rest', '--method', 'get', '--url', groupUrl(host, id), ...PROVISIONING],
    output: 'none',
  };
}

export function createEnrollmentGroup(
  host: string,
  { id, role }: EnrollmentGroup,
  environment: string,
): AzCommand {
  const content = {
    enrollmentGroupId: id,
    attestation: { type: 'symmetricKey' },
    capabilities: { iotEdge: role === 'gateway' },
    provisioningStatus: 'enabled',
    allocationPolicy: 'hashed',
    reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: true },
    initialTwin: { tags: { role, environment }, properties: { desired: {} } },
  };
  return {
    args: ['rest', '--method', 'put', '--url', groupUrl(host, id), ...PROVISIONING],
    file: { flag: '--body', content },
    output: 'none',
  };
}

/** Every deployment of gateways that is made here begins so. */
export const EDGE_DEPLOYMENT_PREFIX = 'iot-end-to-end-';

/** The deployment of all gateways. Its content cannot be changed later: a change is a new one. */
export interface EdgeDeployment {
  readonly id: string;
  /** Of two deployments a gateway takes the one with the higher priority. */
  readonly priority: number;
  readonly modulesContent: unknown;
}

function configurationUrl(host: string, id: string): string {
  return `https://${host}/configurations/${id}?${CONFIGURATION_API}`;
}

export function listEdgeDeployments(host: string): AzCommand {
  const url = `https://${host}/configurations?top=20&${CONFIGURATION_API}`;
  return { args: ['rest', '--method', 'get', '--url', url, ...HUB] };
}

/** Makes a deployment; one that is there gets its new priority only when `replaces` says so. */
export function putEdgeDeployment(
  host: string,
  deployment: EdgeDeployment,
  replaces: boolean,
): AzCommand {
  const { id, priority, modulesContent } = deployment;
  const content = {
    id,
    schemaVersion: '1.0',
    content: { modulesContent },
    targetCondition: "tags.role='gateway'",
    priority,
    labels: { madeBy: 'iot-end-to-end' },
    metrics: { queries: {} },
  };
  const condition = replaces ? ['--headers', 'If-Match=*'] : [];
  return {
    args: ['rest', '--method', 'put', '--url', configurationUrl(host, id), ...condition, ...HUB],
    file: { flag: '--body', content },
    output: 'none',
  };
}

export function deleteEdgeDeployment(host: string, id: string): AzCommand {
  const url = configurationUrl(host, id);
  const args = ['rest', '--method', 'delete', '--url', url, '--headers', 'If-Match=*', ...HUB];
  return { args, output: 'none' };
}
