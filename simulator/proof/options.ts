import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export const PROOF_HELP = `npm run proof -- [options]

Starts the whole system anew on free ports, sends a known number of readings, cuts the link, kills
every module once, and counts what came out against what the meters measured.

  --readings N     readings of all meters together (20000)
  --meters N       meters (10; with --replay 2)
  --direct N       of them, connected straight to IoT Hub (2; with --replay 1)
  --virtual N      virtual meters of the module meter-simulator beside them (2)
  --anomalies N    injected anomalies of all meters together (20)
  --seed N         seed of the reading generator (7)
  --replay FILE    every meter sends this CSV of timestamp,value instead; the virtual ones,
                   which live in the present, measure as without it
  --json           print the result as JSON only
  --keep           leave the state folder behind, to look into
  --help           this text

Exit code 0: nothing lost, nothing twice, every count agrees. 1: something does not agree, or a fault
was not exercised, and it says which.
`;

export interface ProofOptions {
  readonly help: boolean;
  readonly json: boolean;
  readonly keep: boolean;
  readonly readings: number;
  readonly meters: number;
  readonly direct: number;
  /** Meters that exist only in the module meter-simulator, and not among `meters`. */
  readonly virtual: number;
  readonly anomalies: number;
  readonly seed: number;
  /** Absolute path. */
  readonly replayFile: string | undefined;
}

/**
 * Reads the command line of `npm run proof`.
 *
 * @throws Error naming the option and what it takes
 */
export function parseProofOptions(args: readonly string[], workingFolder: string): ProofOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      readings: { type: 'string', default: '20000' },
      meters: { type: 'string' },
      direct: { type: 'string' },
      virtual: { type: 'string', default: '2' },
      anomalies: { type: 'string' },
      seed: { type: 'string', default: '7' },
      replay: { type: 'string' },
    },
  });
  const isReplay = values.replay !== undefined;
  const meters = wholeNumber('--meters', values.meters ?? (isReplay ? '2' : '10'), 1);
  const usualDirect = Math.min(isReplay ? 1 : 2, meters - 1);
  const direct = wholeNumber('--direct', values.direct ?? String(usualDirect), 0);
  if (direct >= meters) {
    throw new Error(
      `--direct ${direct} leaves no meter behind the gateway; --meters is ${meters}.`,
    );
  }
  return {
    help: values.help,
    json: values.json,
    keep: values.keep,
    readings: wholeNumber('--readings', values.readings, meters),
    meters,
    direct,
    virtual: wholeNumber('--virtual', values.virtual, 1),
    anomalies: wholeNumber('--anomalies', values.anomalies ?? (isReplay ? '0' : '20'), 0),
    seed: wholeNumber('--seed', values.seed, 0),
    replayFile: values.replay === undefined ? undefined : resolve(workingFolder, values.replay),
  };
}

/** @throws Error naming the option and what it takes */
export function wholeNumber(option: string, text: string, lowest: number): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= lowest && text.trim() !== '') return number;
  throw new Error(`${option} takes a whole number from ${lowest} on, not "${text}".`);
}
