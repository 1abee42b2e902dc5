/** `npm start`: the local system in the terminal. */
import { fileURLToPath } from 'node:url';
import { HELP, parseStartOptions, type StartOptions } from './supervisor/options.ts';
import { holdFreePorts } from './supervisor/free-ports.ts';
import { startSystem } from './supervisor/system.ts';
import { runInTerminal } from './supervisor/terminal.ts';
import { LOCAL_NAMES } from './supervisor/local-names.ts';

/** The compiled file lies in dist/simulator/. */
const projectFolder = fileURLToPath(new URL('../..', import.meta.url));

await runInTerminal(async (say) => {
  const options: StartOptions = parseStartOptions(process.argv.slice(2), projectFolder);
  if (options.help) {
    say.plain(HELP);
    return undefined;
  }
  const { help: _help, fresh, freePorts: anyPorts, ports, ...chosen } = options;
  return startSystem({
    chosen: {
      ...chosen,
      ...LOCAL_NAMES,
      projectFolder,
      ports: anyPorts ? (await holdFreePorts()).ports : ports,
    },
    fresh,
    onPhase: say.phase,
  });
});
