/** `npm run meter -- adopt | release METER`: makes a meter a child of the gateway, or not. */
import { controlClient } from '../wire/control-api.ts';
import { runCommand } from './run-command.ts';

const USAGE = 'npm run meter -- adopt METER | release METER   [--state FOLDER]';

await runCommand(USAGE, async (settings, [action, meter]) => {
  if (meter === undefined || (action !== 'adopt' && action !== 'release')) return undefined;
  const parent = action === 'adopt' ? settings.gatewayDeviceId : null;
  const path = `/devices/${encodeURIComponent(meter)}/parent`;
  await controlClient(settings, 'azure').post(path, { parent });
  return parent === null ? `${meter} has no gateway now.` : `${meter} is a child of ${parent} now.`;
});
