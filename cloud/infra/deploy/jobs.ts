/** Stops and starts the Stream Analytics jobs. */
import { showJob, startJob, stopJob } from './core/job-commands.ts';
import { Job } from './answers.ts';
import { AzError } from './az.ts';
import type { Session } from './session.ts';
import { waitUntil, type Sleep } from './wait.ts';

const MINUTE_MS = 60_000;

/** Names of the three jobs. */
export function jobNames({ names }: Session): string[] {
  return [names.hotPathJob, names.coldPathJob, names.alertsJob];
}

/** State of a job, or undefined when there is none yet. */
async function stateOf({ az, target }: Session, name: string) {
  try {
    return (await az.ask(showJob(target, name), Job)).properties;
  } catch (error) {
    if (error instanceof AzError && /ResourceNotFound|NotFound|not found/i.test(error.message)) {
      return undefined;
    }
    throw error;
  }
}

/** Stops what runs: a running job refuses new queries, inputs and outputs. It goes on later where it was. */
export async function stopJobs(session: Session, sleep: Sleep): Promise<void> {
  for (const name of jobNames(session)) {
    const state = (await stateOf(session, name))?.jobState;
    if (state === undefined || !/^(Running|Degraded|Starting)$/.test(state)) continue;
    session.say(`Stopping ${name} …`);
    await session.az.run(stopJob(session.target, name));
    const stopped = async (): Promise<boolean> =>
      /^(Stopped|Created|Failed)$/.test((await stateOf(session, name))?.jobState ?? 'Stopped');
    await waitUntil(
      `${name} stands still`,
      stopped,
      { everyMs: 10_000, limitMs: 10 * MINUTE_MS },
      sleep,
    );
  }
}

/** Starts all three. */
export async function startJobs(session: Session): Promise<void> {
  for (const name of jobNames(session)) {
    const job = await stateOf(session, name);
    if (job === undefined || job.jobState === 'Running' || job.jobState === 'Starting') continue;
    const hasRun = typeof job.lastOutputEventTime === 'string';
    session.say(`Starting ${name} ${hasRun ? 'where it stopped' : 'for the first time'} …`);
    await session.az.run(startJob(session.target, name, hasRun));
  }
}
