/** Code of the two apps, and the way to the database while its tables are made. */
import { inSubscription, management, type AzCommand, type Target } from './az-command.ts';
import type { ResourceNames } from './names.ts';

/** Uploads the Function app; Flex Consumption keeps it in its container. */
export function deployFunction(target: Target, name: string, zip: string): AzCommand {
  return {
    args: [
      ['functionapp', 'deployment', 'source', 'config-zip', '--resource-group', target.group],
      ['--name', name, '--src', zip, ...inSubscription(target)],
    ].flat(),
    output: 'none',
  };
}

export function deployDashboard(target: Target, name: string, zip: string): AzCommand {
  return {
    args: [
      ['webapp', 'deploy', '--resource-group', target.group, '--name', name],
      ['--src-path', zip, '--type', 'zip', '--clean', 'true', ...inSubscription(target)],
    ].flat(),
    output: 'none',
  };
}

/** Name of the firewall rule that is there while the tables are made. */
export const SQL_RULE = 'deploy-from-here';

export function openDatabase(target: Target, server: string, address: string): AzCommand {
  return {
    args: [
      ['sql', 'server', 'firewall-rule', 'create', '--resource-group', target.group],
      ['--server', server, '--name', SQL_RULE],
      ['--start-ip-address', address, '--end-ip-address', address, ...inSubscription(target)],
    ].flat(),
    output: 'none',
  };
}

export function closeDatabase(target: Target, server: string): AzCommand {
  return {
    args: [
      ['sql', 'server', 'firewall-rule', 'delete', '--resource-group', target.group],
      ['--server', server, '--name', SQL_RULE, ...inSubscription(target)],
    ].flat(),
    output: 'none',
  };
}

/** `Running` or `Stopped`. */
export function showApp(target: Target, kind: 'functionapp' | 'webapp', name: string): AzCommand {
  return {
    args: [
      [kind, 'show', '--resource-group', target.group, '--name', name],
      ['--query', '{state:state,host:defaultHostName}', ...inSubscription(target)],
    ].flat(),
  };
}

/** Alerts that are on in the group. */
export function firedAlerts(target: Target): AzCommand {
  const query = `targetResourceGroup=${target.group}&monitorCondition=Fired&timeRange=1d&api-version=2019-05-05-preview`;
  return management(target, 'get', `providers/Microsoft.AlertsManagement/alerts?${query}`);
}

/** How much of the day's messages the hub has taken. */
export function hubQuota(target: Target, names: ResourceNames): AzCommand {
  return {
    args: [
      ['iot', 'hub', 'show-quota-metrics', '--resource-group', target.group],
      ['--name', names.hub, ...inSubscription(target)],
    ].flat(),
  };
}
