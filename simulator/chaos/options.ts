import { parseArgs } from 'node:util';
import { wholeNumber } from '../proof/options.ts';
import { FEWEST_KILLS } from './core/fault-plan.ts';

export const CHAOS_HELP = `npm run chaos -- [options]

Starts the whole system anew on free ports, and while readings pass through it kills, stops and starves
its modules and edgeHub at random, tears the ends of their write-ahead logs and cuts the link. Then it
counts what came out against what the meters measured. The same seed gives the same faults.

  --kills N        SIGKILLs of modules and edgeHub, ${FEWEST_KILLS} or more; other faults in proportion (1000)
  --readings N     readings of all meters together (1000000)
  --meters N       meters (10)
  --direct N       of them, connected straight to IoT Hub: no fault meets them (0)
  --virtual N      virtual meters of the module meter-simulator beside them (2)
  --batch N        most readings in one message, 1 to 100 (5)
  --anomalies N    injected anomalies of all meters together (20)
  --seed N         seed of the faults and of the reading generator (7)
  --json           print the result as JSON only
  --keep           leave the state folder behind, to look into
  --help           this text

Exit code 0: nothing lost, nothing twice, every count agrees. 1: something does not agree, or a fault
was not exercised, and it says which. Ctrl-C ends everything at once.
`;

export interface ChaosOptions {
  readonly help: boolean;
  readonly json: boolean;
  readonly keep: boolean;
  readonly kills: number;
  readonly readings: number;
  readonly meters: number;
  readonly direct: number;
  /** Meters that exist only in the module meter-simulator, and not among `meters`. */
  readonly virtual: number;
  readonly batch: number;
  readonly anomalies: number;
  readonly seed: number;
}

/**
 * Reads the command line of `npm run chaos`.
 *
 * @throws Error naming the option and what it takes
 */
export function parseChaosOptions(args: readonly string[]): ChaosOptions {
  const text = (usual: string) => ({ type: 'string', default: usual }) as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: flag,
      json: flag,
      keep: flag,
      kills: text('1000'),
      readings: text('1000000'),
      meters: text('10'),
      direct: text('0'),
      virtual: text('2'),
      batch: text('5'),
      anomalies: text('20'),
      seed: text('7'),
    },
  });
  const { help, json, keep } = values;
  const meters = wholeNumber('--meters', values.meters, 1);
  const direct = wholeNumber('--direct', values.direct, 0);
  if (direct >= meters) {
    throw new Error(
      `--direct ${direct} leaves no meter behind the gateway; --meters is ${meters}.`,
    );
  }
  const batch = wholeNumber('--batch', values.batch, 1);
  if (batch > 100) throw new Error(`--batch takes a whole number from 1 to 100, not "${batch}".`);
  return {
    help,
    json,
    keep,
    meters,
    direct,
    batch,
    kills: wholeNumber('--kills', values.kills, FEWEST_KILLS),
    readings: wholeNumber('--readings', values.readings, meters),
    virtual: wholeNumber('--virtual', values.virtual, 1),
    anomalies: wholeNumber('--anomalies', values.anomalies, 0),
    seed: wholeNumber('--seed', values.seed, 0),
  };
}
