/** `status`: what is there, and how it is. Changes nothing. */
import { firedAlerts, hubQuota, showApp } from './core/app-commands.ts';
import { showJob } from './core/job-commands.ts';
import { listResources } from './core/group-commands.ts';
import { isOurs } from './core/tags.ts';
import { count } from './core/traffic.ts';
import { Alerts, App, HubQuota, Job, Resources } from './answers.ts';
import { AzError } from './az.ts';
import { jobNames } from './jobs.ts';
import type { Session } from './session.ts';

/** Says how it is; true when all of it is well. */
export async function status(session: Session): Promise<boolean> {
  const { az, say, target, options, group } = session;
  if (group === undefined) {
    say(`There is no resource group ${target.group}: nothing has been deployed.`);
    return false;
  }
  const resources = await az.ask(listResources(target), Resources);
  const ours = resources.filter(({ tags }) => isOurs(tags, options.environment));
  say(
    `${target.group}: ${ours.length} resources made here, ${resources.length - ours.length} others`,
  );
  const well = [
    ...(await jobStates(session)),
    await appState(session, 'functionapp', session.names.function),
    await appState(session, 'webapp', session.names.dashboard),
    await hubState(session),
    await alertState(session),
  ];
  return well.every(Boolean);
}

/** One line: a mark, a name, and how it is. */
function line({ say }: Session, well: boolean, name: string, how: string): boolean {
  say(`${well ? 'ok ' : '!! '} ${name.padEnd(32)}${how}`);
  return well;
}

async function jobStates(session: Session): Promise<boolean[]> {
  const states: boolean[] = [];
  for (const name of jobNames(session)) {
    const job = await orMissing(session.az.ask(showJob(session.target, name), Job));
    const state = job?.properties.jobState ?? 'is not there';
    const last = job?.properties.lastOutputEventTime;
    const output = typeof last === 'string' ? `, last output ${last}` : '';
    states.push(line(session, state === 'Running', name, `${state}${output}`));
  }
  return states;
}

async function appState(
  session: Session,
  kind: 'functionapp' | 'webapp',
  name: string,
): Promise<boolean> {
  const app = await orMissing(session.az.ask(showApp(session.target, kind, name), App));
  return line(session, app?.state === 'Running', name, app?.state ?? 'is not there');
}

async function hubState(session: Session): Promise<boolean> {
  const quotas = await orMissing(session.az.ask(hubQuota(session.target, session.names), HubQuota));
  const messages = quotas?.find(({ name }) => name === 'TotalMessages');
  if (messages === undefined) return line(session, false, session.names.hub, 'is not there');
  const used = `${count(messages.currentValue)} of ${count(messages.maxValue)} messages today`;
  return line(session, messages.currentValue < messages.maxValue, session.names.hub, used);
}

async function alertState(session: Session): Promise<boolean> {
  const { value } = await session.az.ask(firedAlerts(session.target), Alerts);
  for (const { name, properties } of value) {
    const { targetResourceName, startDateTime } = properties.essentials;
    line(session, false, name, `on ${targetResourceName ?? '?'} since ${startDateTime ?? '?'}`);
  }
  return value.length === 0 ? line(session, true, 'alerts', 'none') : false;
}

/** Undefined for what is not there. */
async function orMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (
      error instanceof AzError &&
      /NotFound|not found|404|could not be found/i.test(error.message)
    )
      return undefined;
    throw error;
  }
}
