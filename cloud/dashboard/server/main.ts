import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { startDashboard } from './dashboard.ts';
import { readEnv } from './env.ts';
import { runUntilTold } from './run-until-told.ts';

const env = readEnv(process.env);
const log = pino({
  level: env.logLevel,
  base: { process: 'dashboard' },
  timestamp: pino.stdTimeFunctions.isoTime,
});
const webFolder = fileURLToPath(new URL('../web', import.meta.url));

const dashboard = await startDashboard(env, webFolder, log);
runUntilTold(dashboard, log);
// Only now can it be told to stop.
log.info({ url: dashboard.url }, 'dashboard ready');
