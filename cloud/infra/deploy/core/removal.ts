/**
 * What `down` removes.
 *
 * Invariants:
 * - a resource without our tags is never removed, nor a group that holds one;
 * - the group goes only when `up` made it.
 */
import { isOurs, type Tags } from './tags.ts';

/** A resource as Azure lists it. */
export interface ListedResource {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly tags?: Tags;
}

/** Either the whole group, or some of its resources and the others stay. */
export interface Removal {
  readonly wholeGroup: boolean;
  /** Ours, those first that others hang on. */
  readonly ours: readonly ListedResource[];
  /** Somebody else's. */
  readonly others: readonly ListedResource[];
}

/** Azure makes these by itself beside Application Insights, without tags: a rule for each, and one group for all. */
const INSIGHTS = 'microsoft.insights/components';
const COMPANION_RULE = {
  type: 'microsoft.alertsmanagement/smartdetectoralertrules',
  namePrefix: 'failure anomalies - ',
};
const COMPANION_GROUP = {
  type: 'microsoft.insights/actiongroups',
  name: 'application insights smart detection',
};

/** What has to be gone before the next can go: apps before plans, subnets' users before networks. */
const ORDER = [
  'microsoft.insights/metricalerts',
  'microsoft.insights/scheduledqueryrules',
  'microsoft.streamanalytics/streamingjobs',
  'microsoft.web/sites',
  'microsoft.web/serverfarms',
  'microsoft.logic/workflows',
  'microsoft.web/connections',
  'microsoft.databricks/workspaces',
  'microsoft.databricks/accessconnectors',
  'microsoft.devices/provisioningservices',
  'microsoft.devices/iothubs',
  'microsoft.sql/servers/databases',
  'microsoft.sql/servers',
  'microsoft.communication/communicationservices',
  'microsoft.communication/emailservices/domains',
  'microsoft.communication/emailservices',
  'microsoft.eventhub/namespaces',
  'microsoft.storage/storageaccounts',
  'microsoft.keyvault/vaults',
  'microsoft.insights/components',
  'microsoft.insights/actiongroups',
  'microsoft.operationalinsights/workspaces',
  'microsoft.managedidentity/userassignedidentities',
  'microsoft.network/virtualnetworks',
  'microsoft.network/natgateways',
  'microsoft.network/publicipaddresses',
  'microsoft.network/networksecuritygroups',
];

/** Decides over the resources of a group. */
export function planRemoval(
  groupTags: Tags,
  resources: readonly ListedResource[],
  environment: string,
): Removal {
  const ours = resources.filter(({ tags }) => isOurs(tags, environment));
  const rest = resources.filter((resource) => !ours.includes(resource));
  const companions = companionsOf(ours, rest);
  const others = rest.filter((r) => !companions.includes(r) && !isSystemDatabase(r));
  return {
    wholeGroup: isOurs(groupTags, environment) && others.length === 0,
    ours: [...companions, ...ours].toSorted((a, b) => place(a) - place(b)),
    others,
  };
}

/** The system database of a server: it is there, and goes, with the server. */
function isSystemDatabase({ name, type }: ListedResource): boolean {
  return type.toLowerCase() === 'microsoft.sql/servers/databases' && name.endsWith('/master');
}

/** What Azure made for our Application Insights alone. */
function companionsOf(
  ours: readonly ListedResource[],
  rest: readonly ListedResource[],
): ListedResource[] {
  const rules = new Set(
    ours.filter(isInsights).map(({ name }) => `${COMPANION_RULE.namePrefix}${name.toLowerCase()}`),
  );
  const alone = rules.size > 0 && !rest.some(isInsights);
  return rest.filter((resource) => {
    const [type, name] = [resource.type.toLowerCase(), resource.name.toLowerCase()];
    if (type === COMPANION_RULE.type) return rules.has(name);
    return alone && type === COMPANION_GROUP.type && name === COMPANION_GROUP.name;
  });
}

function isInsights({ type }: ListedResource): boolean {
  return type.toLowerCase() === INSIGHTS;
}

function place({ type }: ListedResource): number {
  const found = ORDER.indexOf(type.toLowerCase());
  return found === -1 ? 0 : found + 1;
}

/** The resources by type, in order, a list for each: what can go together. */
export function inStages(resources: readonly ListedResource[]): ListedResource[][] {
  const stages = new Map<string, ListedResource[]>();
  for (const resource of resources) {
    const type = resource.type.toLowerCase();
    stages.set(type, [...(stages.get(type) ?? []), resource]);
  }
  return [...stages.values()];
}
