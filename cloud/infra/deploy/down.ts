/**
 * `down`: removes what `up` made, and nothing else.
 *
 * Invariants:
 * - what does not bear our tags stays, and so does a group that holds it or that was there before;
 * - what Azure would keep under its name for a while is removed for good.
 */
import {
  deleteBudget,
  deletedVaults,
  deleteGroup,
  deleteResources,
  deleteWorkspace,
  listBudgets,
  listResources,
  purgeVault,
} from './core/group-commands.ts';
import { logsName } from './core/names.ts';
import { inStages, planRemoval, type Removal } from './core/removal.ts';
import { Budgets, Names, Resources } from './answers.ts';
import type { Session } from './session.ts';
import { removeRegistration } from './sign-in.ts';

/** What `down` would do, said. */
export async function removalPlan(session: Session): Promise<Removal | undefined> {
  const { az, say, target, options, group } = session;
  if (group === undefined) {
    say(`There is no resource group ${target.group}.`);
    return undefined;
  }
  const resources = await az.ask(listResources(target), Resources);
  const removal = planRemoval(group.tags, resources, options.environment);
  say(`To be removed, with all data in it, from ${target.group}:`);
  for (const { name, type } of removal.ours) say(`  ${type.padEnd(48)}${name}`);
  for (const { name, type } of removal.others) say(`  stays: ${type.padEnd(41)}${name}`);
  say(removal.wholeGroup ? 'The group itself, too.' : 'The group stays.');
  return removal;
}

/** Removes it. */
export async function down(session: Session, removal: Removal | undefined): Promise<void> {
  if (removal !== undefined) {
    await removeWorkspace(session, removal);
    if (removal.wholeGroup) await removeGroup(session);
    else await removeResources(session, removal);
  }
  await purge(session);
  await removeRegistration(session);
  session.say('Nothing of it is left.');
}

/** First and for good: inside of a removed group it would keep its name for two weeks. */
async function removeWorkspace(session: Session, { ours }: Removal): Promise<void> {
  const { az, target, options, suffix } = session;
  const name = logsName({ environment: options.environment, suffix });
  if (ours.some((resource) => resource.name === name)) await az.run(deleteWorkspace(target, name));
}

async function removeGroup({ az, say, target }: Session): Promise<void> {
  say(`Removing ${target.group}: about ten minutes …`);
  await az.run(deleteGroup(target));
}

async function removeResources(session: Session, { ours }: Removal): Promise<void> {
  const { az, say, target, names, options, suffix } = session;
  const workspace = logsName({ environment: options.environment, suffix });
  for (const stage of inStages(ours.filter(({ name }) => name !== workspace))) {
    say(`Removing ${stage.map(({ name }) => name).join(', ')} …`);
    await az.run(deleteResources(stage.map(({ id }) => id)));
  }
  const { value } = await az.ask(listBudgets(target), Budgets);
  if (value.some(({ name }) => name === names.budget))
    await az.run(deleteBudget(target, names.budget));
}

async function purge({ az, target, names }: Session): Promise<void> {
  const vaults = await az.ask(deletedVaults(target), Names);
  if (vaults.includes(names.vault)) await az.run(purgeVault(target, names.vault));
}
