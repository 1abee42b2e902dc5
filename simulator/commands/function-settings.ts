/** `npm run function:settings`: lets Microsoft's Functions host run the app against the local system. */
import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { localAppSettings } from '../azure/functions/app-settings.ts';
import { runCommand } from './run-command.ts';

/** Beside the local host, which has the port of the settings. */
const FUNC_PORT = 7072;

await runCommand('npm run function:settings [-- --state FOLDER]', async (settings) => {
  const path = join(settings.projectFolder, 'cloud/function/local.settings.json');
  const content = {
    IsEncrypted: false,
    Values: {
      FUNCTIONS_WORKER_RUNTIME: 'node',
      ...localAppSettings(settings),
      FUNCTION_URL: `http://127.0.0.1:${FUNC_PORT}`,
    },
  };
  // It holds keys of this machine.
  await writeFile(path, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  return (
    `${relative('.', path)} is written. Next, in cloud/function: npm run build, ` +
    `then func start --port ${FUNC_PORT}`
  );
});
