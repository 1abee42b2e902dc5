import { runLocalProcess } from '../../wire/local-process.ts';
import { startJobs } from './jobs.ts';

await runLocalProcess('jobs', startJobs);
