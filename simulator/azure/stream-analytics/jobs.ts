/** The local Stream Analytics service: all jobs of the project folder, and their control API. */
import { join } from 'node:path';
import { ensureCertificates } from '../../wire/certificates.ts';
import { ControlError, startControlApi } from '../../wire/control-api.ts';
import type { LocalProcessContext, RunningService } from '../../wire/local-process.ts';
import type { JobsStatus } from './job-status.ts';
import { CheckpointStore } from './live/checkpoint-store.ts';
import { localConnections } from './live/connections.ts';
import { LiveJob } from './live/live-job.ts';
import { readProject } from './project-files.ts';

/** Folder of the project within `settings.projectFolder`. */
const PROJECT_FOLDER = 'cloud/stream-analytics';

/**
 * Starts every job that nobody has stopped.
 *
 * @throws Error when a project file is not usable, DamagedDatabaseError for the state
 */
export async function startJobs({ settings, log }: LocalProcessContext): Promise<RunningService> {
  const project = readProject(join(settings.projectFolder, PROJECT_FOLDER), settings);
  const store = new CheckpointStore(join(settings.stateFolder, 'jobs', 'jobs.db'));
  const { caPem } = await ensureCertificates(settings);
  const connections = localConnections(settings, project, caPem);
  const context = { project, connections, store, log, now: () => Date.now() };
  const jobs = project.jobs.map((definition) => new LiveJob(definition, context));
  for (const job of jobs) if (!store.isStopped(job.name)) job.start();
  const api = await startControlApi(settings, 'jobs', (app) => {
    app.get('/status', async (): Promise<JobsStatus> => ({
      jobs: await Promise.all(jobs.map((job) => job.status())),
    }));
    app.post<{ Params: { name: string } }>('/jobs/:name/start', async ({ params }) => {
      const job = jobNamed(jobs, params.name);
      store.setStopped(job.name, false);
      job.start();
      return await job.status();
    });
    app.post<{ Params: { name: string } }>('/jobs/:name/stop', async ({ params }) => {
      const job = jobNamed(jobs, params.name);
      store.setStopped(job.name, true);
      await job.stop();
      return await job.status();
    });
  });
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await api.stop();
    await Promise.all(jobs.map((job) => job.stop()));
    store.close();
  };
  return { stop: () => (stopped ??= stop()) };
}

function jobNamed(jobs: readonly LiveJob[], name: string): LiveJob {
  const job = jobs.find((candidate) => candidate.name === name);
  if (job !== undefined) return job;
  const names = jobs.map((candidate) => candidate.name).join(', ');
  throw new ControlError(404, `There is no job ${name}; there are ${names}.`);
}
