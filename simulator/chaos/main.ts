/** `npm run chaos`. */
import { fileURLToPath } from 'node:url';
import type { ProofContext } from '../proof/proof-system.ts';
import { runProofCommand } from '../proof/proof-command.ts';
import { endAtOnce, type Alive } from './end-at-once.ts';
import { CHAOS_HELP, parseChaosOptions, type ChaosOptions } from './options.ts';
import { privateMounts, runAgain } from './private-mounts.ts';
import { chaosReport } from './report.ts';
import { runChaos } from './run-chaos.ts';

/** The compiled file lies in dist/simulator/chaos/. */
const projectFolder = fileURLToPath(new URL('../../..', import.meta.url));
/** Set in the process that may mount. */
const MOUNTS = 'IOT_CHAOS_MOUNTS';

const words = process.env[MOUNTS] === undefined ? privateMounts() : undefined;
process.exitCode =
  words === undefined
    ? await chaos(process.env[MOUNTS] !== undefined)
    : await runAgain(words, fileURLToPath(import.meta.url), {
        ...process.env,
        [MOUNTS]: 'private',
      });

function chaos(mayMount: boolean): Promise<number> {
  const alive: Alive = {};
  const end = () => endAtOnce(alive);
  // Hearing of the other side's end must not keep this one alive.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect']) process.on(signal, end);
  process.channel?.unref();
  const run = (options: ChaosOptions, context: ProofContext) =>
    runChaos(options, { ...context, mayMount, alive });
  const command = { help: CHAOS_HELP, parse: parseChaosOptions, run, report: chaosReport };
  return runProofCommand(command, projectFolder);
}
