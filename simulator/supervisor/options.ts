import { isAbsolute, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { preferredTpm } from '../tpm/open-tpm.ts';
import type { MeterSettings, Ports, Settings } from '../wire/settings.ts';
import { DEFAULT_PORTS, withPort } from './ports.ts';

/** A command line that cannot be used; the message says which option and what it takes. */
export class OptionError extends Error {
  override readonly name = 'OptionError';
  readonly code = 'OPTION';
}

/** What the command line decides; everything else comes from the state folder or is made new. */
export interface StartOptions {
  readonly help: boolean;
  readonly fresh: boolean;
  readonly freePorts: boolean;
  readonly stateFolder: string;
  readonly manifestFile: string;
  readonly ports: Ports;
  readonly meters: MeterSettings;
  readonly faithful: boolean;
  readonly powerBi: boolean;
  readonly groupWaitSeconds: number;
  readonly logLevel: Settings['logLevel'];
}

export const HELP = `npm start -- [options]

Runs smart meters, an IoT Edge gateway and the Azure services it needs on this machine.

  --meters N            meters in the building (10)
  --direct N            of them, connected straight to IoT Hub (2)
  --manual              leave install, register and connect to you, in the console
  --interval SECONDS    between readings of a meter (10)
  --history MINUTES     history that meters send first, at speed (120)
  --seed N              seed of the reading generator (1)
  --replay FILE         meters replay a CSV of timestamp,value
  --group-wait SECONDS  wait for more anomalies before an incident's mail (3)
  --manifest FILE       deployment manifest (deployment.template.json)
  --tpm                 the last meter keeps its key in a TPM: this machine's, or one in software
  --faithful            one unacknowledged message per module, as the real edgeHub
  --power-bi            write averages to Power BI too, which a recorder plays here
  --fresh               forget the local state first
  --state FOLDER        where state is kept (.local)
  --port NAME=NUMBER    change a port; may be repeated. Names and defaults:
${describePorts()}
  --free-ports          let the system choose all ports
  --log-level LEVEL     of the processes' logs in FOLDER/logs (info)
  --help                this text
`;

function describePorts(): string {
  const { control, ...outer } = DEFAULT_PORTS;
  const inner = Object.entries(control).map(([name, port]) => [`control.${name}`, port]);
  const words = [...Object.entries(outer), ...inner].map(([name, port]) => `${name}=${port}`);
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < 76) lines[lines.length - 1] += ` ${word}`;
    else lines.push(`                        ${word}`);
  }
  return lines.join('\n');
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/**
 * Reads the command line of `npm start`.
 *
 * @throws OptionError naming the option and what it takes
 */
export function parseStartOptions(args: readonly string[], projectFolder: string): StartOptions {
  const values = parse(args);
  const at = (path: string) => (isAbsolute(path) ? path : resolve(projectFolder, path));
  return {
    help: values.help,
    fresh: values.fresh,
    freePorts: values['free-ports'],
    stateFolder: at(values.state),
    manifestFile: at(values.manifest),
    ports: choosePorts(values.port),
    meters: {
      ...meterCounts(values.meters, values.direct),
      manual: values.manual,
      intervalMs: 1_000 * number('--interval', values.interval, [0.01, 86_400]),
      historySeconds: 60 * number('--history', values.history, [0, 43_200]),
      seed: wholeNumber('--seed', values.seed, [0, 2 ** 31]),
      ...(values.tpm ? { tpm: preferredTpm() } : {}),
      ...(values.replay === undefined ? {} : { replayFile: at(values.replay) }),
    },
    faithful: values.faithful,
    powerBi: values['power-bi'],
    groupWaitSeconds: number('--group-wait', values['group-wait'], [0, 3_600]),
    logLevel: logLevel(values['log-level']),
  };
}

function meterCounts(meters: string, directMeters: string | undefined) {
  const count = wholeNumber('--meters', meters, [0, 10_000]);
  if (directMeters === undefined) return { count, direct: Math.min(2, count) };
  const direct = wholeNumber('--direct', directMeters, [0, 10_000]);
  if (direct > count) throw new OptionError(`--direct ${direct} is more than --meters ${count}.`);
  return { count, direct };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', default: false },
        fresh: { type: 'boolean', default: false },
        manual: { type: 'boolean', default: false },
        tpm: { type: 'boolean', default: false },
        faithful: { type: 'boolean', default: false },
        'power-bi': { type: 'boolean', default: false },
        'free-ports': { type: 'boolean', default: false },
        meters: { type: 'string', default: '10' },
        direct: { type: 'string' },
        interval: { type: 'string', default: '10' },
        history: { type: 'string', default: '120' },
        seed: { type: 'string', default: '1' },
        replay: { type: 'string' },
        'group-wait': { type: 'string', default: '3' },
        manifest: { type: 'string', default: 'deployment.template.json' },
        state: { type: 'string', default: '.local' },
        port: { type: 'string', multiple: true, default: [] },
        'log-level': { type: 'string', default: 'info' },
      },
    }).values;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OptionError(`${reason}. See: npm start -- --help`);
  }
}

function choosePorts(changes: readonly string[]): Ports {
  let ports = DEFAULT_PORTS;
  for (const change of changes) {
    const [name = '', text = ''] = change.split('=');
    const port = wholeNumber(`--port ${name}`, text, [1, 65_535]);
    const changed = withPort(ports, name, port);
    if (changed === undefined) {
      throw new OptionError(
        `--port ${change}: there is no port "${name}". See: npm start -- --help`,
      );
    }
    ports = changed;
  }
  return ports;
}

function number(option: string, text: string, [minimum, maximum]: [number, number]): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= minimum && value <= maximum) return value;
  throw new OptionError(`${option} takes a number from ${minimum} to ${maximum}, not "${text}".`);
}

function wholeNumber(option: string, text: string, range: [number, number]): number {
  const value = number(option, text, range);
  if (Number.isInteger(value)) return value;
  throw new OptionError(`${option} takes a whole number, not "${text}".`);
}

function logLevel(text: string): Settings['logLevel'] {
  const level = LOG_LEVELS.find((known) => known === text);
  if (level !== undefined) return level;
  throw new OptionError(`--log-level takes ${LOG_LEVELS.join(', ')}, not "${text}".`);
}
