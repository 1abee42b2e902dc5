/** `npm run link -- cut | mend | status`: the link between gateway and cloud. */
import { controlClient } from '../wire/control-api.ts';
import { runCommand } from './run-command.ts';

const USAGE = 'npm run link -- cut | mend | status   [--state FOLDER]';

await runCommand(USAGE, async (settings, [action]) => {
  const link = controlClient(settings, 'link');
  switch (action) {
    case 'cut':
    case 'mend':
      await link.post(`/${action}`);
      return `The link is ${action === 'cut' ? 'cut' : 'mended'}.`;
    case 'status':
      return JSON.stringify(await link.get('/status'), null, 2);
    default:
      return undefined;
  }
});
