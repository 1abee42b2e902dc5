/** The resource group, the deployment of the templates into it, and their removal. */
import { inSubscription, management, type AzCommand, type Target } from './az-command.ts';

export function groupExists(target: Target): AzCommand {
  return { args: ['group', 'exists', '--name', target.group, ...inSubscription(target)] };
}

export function showGroup(target: Target): AzCommand {
  return { args: ['group', 'show', '--name', target.group, ...inSubscription(target)] };
}

export function createGroup(target: Target, tags: Readonly<Record<string, string>>): AzCommand {
  const pairs = Object.entries(tags).map(([name, value]) => `${name}=${value}`);
  return {
    args: [
      ['group', 'create', '--name', target.group, '--location', target.location],
      ['--tags', ...pairs, ...inSubscription(target)],
    ].flat(),
    output: 'none',
  };
}

/** All resources of the group, ours and others'. */
export function listResources(target: Target): AzCommand {
  const query = '[].{id:id,name:name,type:type,tags:tags,location:location}';
  return {
    args: [
      ['resource', 'list', '--resource-group', target.group, '--query', query],
      inSubscription(target),
    ].flat(),
  };
}

/** Files of a deployment and what they read from the environment. */
export interface TemplateRun {
  readonly name: string;
  readonly template: string;
  readonly parameters: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** What the templates would change. */
export function whatIf(target: Target, run: TemplateRun): AzCommand {
  const format = ['--no-pretty-print', '--result-format', 'ResourceIdOnly'];
  return { args: [...deployment('what-if', target, run), ...format], environment: run.environment };
}

/** Makes the resources; the answer is the templates' outputs. */
export function deployTemplates(target: Target, run: TemplateRun): AzCommand {
  return {
    args: [...deployment('create', target, run), '--query', 'properties.outputs'],
    environment: run.environment,
  };
}

function deployment(verb: 'create' | 'what-if', target: Target, run: TemplateRun): string[] {
  return [
    ['deployment', 'group', verb, '--resource-group', target.group, '--name', run.name],
    ['--template-file', run.template, '--parameters', run.parameters],
    inSubscription(target),
  ].flat();
}

/** Removes the group with everything in it. */
export function deleteGroup(target: Target): AzCommand {
  const args = ['group', 'delete', '--name', target.group, '--yes', ...inSubscription(target)];
  return { args, output: 'none' };
}

/** Removes some resources. */
export function deleteResources(ids: readonly string[]): AzCommand {
  // The ids name the subscription; az takes either them or --subscription.
  return { args: ['resource', 'delete', '--ids', ...ids], output: 'none' };
}

/** Removes a Log Analytics workspace at once: otherwise it stays, and keeps its name, for two weeks. */
export function deleteWorkspace(target: Target, name: string): AzCommand {
  return {
    args: [
      ['monitor', 'log-analytics', 'workspace', 'delete', '--resource-group', target.group],
      ['--workspace-name', name, '--force', 'true', '--yes', ...inSubscription(target)],
    ].flat(),
    output: 'none',
  };
}

/** Vaults that were removed and still keep their names. */
export function deletedVaults(target: Target): AzCommand {
  return {
    args: [
      ['keyvault', 'list-deleted', '--resource-type', 'vault'],
      ['--query', '[].name', ...inSubscription(target)],
    ].flat(),
  };
}

/** Removes a removed vault for good. */
export function purgeVault(target: Target, name: string): AzCommand {
  return {
    args: [
      ['keyvault', 'purge', '--name', name, '--location', target.location],
      inSubscription(target),
    ].flat(),
    output: 'none',
  };
}

/** Whether a vault has a secret: fails when it has not. The answer never holds the secret. */
export function showSecret(target: Target, vault: string, name: string): AzCommand {
  const path = `resourceGroups/${target.group}/providers/Microsoft.KeyVault/vaults/${vault}/secrets/${name}?api-version=2023-07-01`;
  return { ...management(target, 'get', path), output: 'none' };
}

function budgetPath({ group }: Target, name: string): string {
  return `resourceGroups/${group}/providers/Microsoft.Consumption/budgets/${name}?api-version=2023-11-01`;
}

/** The budgets of the group: they are in no list of resources. */
export function listBudgets(target: Target): AzCommand {
  const path = `resourceGroups/${target.group}/providers/Microsoft.Consumption/budgets?api-version=2023-11-01`;
  return management(target, 'get', path);
}

export function deleteBudget(target: Target, name: string): AzCommand {
  return { ...management(target, 'delete', budgetPath(target, name)), output: 'none' };
}
