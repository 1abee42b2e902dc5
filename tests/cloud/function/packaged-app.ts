/**
 * Runs an unpacked package of the app in the local host.
 *
 * Run as `node --import tsx packaged-app.ts <settings.json> <folder>`.
 */
import { join } from 'node:path';
import { startFunctionsHost } from '../../../simulator/azure/functions/functions-host.ts';
import { runLocalProcess } from '../../../simulator/wire/local-process.ts';

const folder = join(process.argv[3] ?? '', 'functions');
await runLocalProcess('functions', (context) => {
  const give = (settings: Readonly<Record<string, string>>): void => {
    // Incidents go to SQL only where there is a server, and here is none.
    Object.assign(process.env, settings, { SQL_SERVER: '' });
  };
  return startFunctionsHost(context, give, folder);
});
