/** Who is signed in, where, and what the subscription allows. */
import { inSubscription, management, type AzCommand, type Target } from './az-command.ts';
import type { ResourceNames } from './names.ts';

/** Oldest az that understands `.bicepparam` files and Flex Consumption. */
export const MINIMUM_AZ = [2, 64] as const;

/** Resource providers of everything in `cloud/infra`. */
export const PROVIDERS = [
  'Microsoft.Authorization',
  'Microsoft.Communication',
  'Microsoft.Consumption',
  'Microsoft.Devices',
  'Microsoft.EventHub',
  'Microsoft.Insights',
  'Microsoft.KeyVault',
  'Microsoft.ManagedIdentity',
  'Microsoft.Network',
  'Microsoft.OperationalInsights',
  'Microsoft.Sql',
  'Microsoft.Storage',
  'Microsoft.StreamAnalytics',
  'Microsoft.Web',
  'Microsoft.App',
] as const;

/** Further providers, for what is optional. */
export const OPTIONAL_PROVIDERS = {
  databricks: 'Microsoft.Databricks',
  logicApp: 'Microsoft.Logic',
} as const;

export const azVersion: AzCommand = { args: ['version'] };

/** The subscription: the one named, or the one that az uses by itself. */
export function showAccount(subscription: string | undefined): AzCommand {
  const named = subscription === undefined ? [] : ['--subscription', subscription];
  return { args: ['account', 'show', ...named] };
}

export const signedInUser: AzCommand = {
  args: ['ad', 'signed-in-user', 'show', '--query', '{id:id,name:userPrincipalName}'],
};

/** The service principal that is signed in. */
export function servicePrincipal(applicationId: string): AzCommand {
  return {
    args: ['ad', 'sp', 'show', '--id', applicationId, '--query', '{id:id,name:displayName}'],
  };
}

/** Providers that the subscription has registered. */
export function registeredProviders(target: Pick<Target, 'subscriptionId'>): AzCommand {
  const query = "[?registrationState=='Registered'].namespace";
  return { args: ['provider', 'list', '--query', query, ...inSubscription(target)] };
}

export function registerProvider(target: Pick<Target, 'subscriptionId'>, name: string): AzCommand {
  const args = ['provider', 'register', '--namespace', name, '--wait', ...inSubscription(target)];
  return { args, output: 'none' };
}

/** A name that has to be free in all of Azure, and how to ask. */
export interface NameCheck {
  readonly what: string;
  readonly name: string;
  readonly command: AzCommand;
}

/** One question for each name that is unique in Azure. */
export function nameChecks(target: Target, names: ResourceNames): NameCheck[] {
  const check = (what: string, name: string, path: string, type?: string): NameCheck => ({
    what,
    name,
    command: management(target, 'post', path, type === undefined ? { name } : { name, type }),
  });
  const storage = 'Microsoft.Storage/storageAccounts';
  const storagePath = 'providers/Microsoft.Storage/checkNameAvailability?api-version=2024-01-01';
  const webPath = 'providers/Microsoft.Web/checknameavailability?api-version=2024-11-01';
  return [
    check(
      'IoT Hub',
      names.hub,
      'providers/Microsoft.Devices/checkNameAvailability?api-version=2023-06-30',
    ),
    check(
      'Device Provisioning',
      names.provisioning,
      'providers/Microsoft.Devices/checkProvisioningServiceNameAvailability?api-version=2022-12-12',
    ),
    check(
      'Event Hubs',
      names.eventHubs,
      'providers/Microsoft.EventHub/checkNameAvailability?api-version=2024-01-01',
    ),
    check('storage account', names.archive, storagePath, storage),
    check('storage account', names.functionStorage, storagePath, storage),
    check(
      'Key Vault',
      names.vault,
      'providers/Microsoft.KeyVault/checkNameAvailability?api-version=2023-07-01',
      'Microsoft.KeyVault/vaults',
    ),
    check(
      'SQL server',
      names.sqlServer,
      'providers/Microsoft.Sql/checkNameAvailability?api-version=2023-08-01',
      'Microsoft.Sql/servers',
    ),
    check('Function app', names.function, webPath, 'Microsoft.Web/sites'),
    check('dashboard', names.dashboard, webPath, 'Microsoft.Web/sites'),
  ];
}

/** How many streaming units of its quota the subscription uses in the region. */
export function streamingUnitQuota(target: Target): AzCommand {
  const path = `providers/Microsoft.StreamAnalytics/locations/${target.location}/quotas?api-version=2020-03-01`;
  return management(target, 'get', path);
}

/** Cores in use and allowed, for the nodes of Databricks. */
export function coreQuota(target: Target): AzCommand {
  return { args: ['vm', 'list-usage', '--location', target.location, ...inSubscription(target)] };
}
