/** Entry point of `npm run deploy`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { deploy } from './deploy.ts';
import { projectRunner } from './project-commands.ts';
import { terminal } from './terminal.ts';

const project = process.cwd();
process.exitCode = await deploy(process.argv.slice(2), {
  terminal,
  environment: process.env,
  project,
  runProject: projectRunner(project, process.env),
  sleep: (milliseconds) => sleep(milliseconds),
  now: () => new Date(),
});
