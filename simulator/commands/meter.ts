/** `npm run meter -- …`: what the console's building offers, one meter at a time. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { controlClient } from '../wire/control-api.ts';
import type { Settings } from '../wire/settings.ts';
import { runCommand, type CommandWords } from './run-command.ts';

const USAGE = `npm run meter -- ACTION METER   [--state FOLDER]

  install     puts the meter into the building
  register    at Device Provisioning; by hand: --id-scope SCOPE --group-key-file FILE
  connect     to its gateway, or to IoT Hub; it sends from now on
  disconnect
  adopt       makes it a child of the gateway
  release     makes it no child of the gateway any more
  spike, dip  the next reading is far too high, or too low
  pin TEMP    it measures TEMP degrees Fahrenheit until unpin
  unpin
  show        what is known of it

npm run meter -- truth    what was done to the readings of virtual meters, as CSV: see modules/meter-simulator`;

/** Actions that the meters' process carries out as they are. */
const PLAIN = ['install', 'connect', 'disconnect', 'spike', 'dip', 'unpin'];

await runCommand(
  USAGE,
  async (settings, [action = '', meter, temp], values) => {
    if (action === 'truth') return groundTruth(settings);
    if (meter === undefined) return undefined;
    if (action === 'show') return show(settings, meter);
    if (action === 'adopt' || action === 'release') return setParent(settings, action, meter);
    const body = bodyOf(action, temp, values);
    if (body === undefined) return undefined;
    const path = `/meters/${encodeURIComponent(meter)}/${action}`;
    return inWords(await controlClient(settings, 'meters').post(path, body));
  },
  { 'id-scope': { type: 'string' }, 'group-key-file': { type: 'string' } },
);

/** What the module meter-simulator noted, of its files the oldest first. */
function groundTruth({ stateFolder }: Settings): string {
  const folder = join(stateFolder, 'modules', 'meter-simulator');
  const [first, ...later] = ['.3', '.2', '.1', '']
    .map((age) => join(folder, `ground-truth${age}.csv`))
    .filter((path) => existsSync(path))
    .map((path) => readFileSync(path, 'utf8').trimEnd());
  if (first === undefined) throw new Error('Virtual meters have nothing to tell yet.');
  return [first, ...later.map((text) => text.slice(text.indexOf('\n') + 1))].join('\n');
}

/** What goes with the action; undefined when there is no such action, or a word is missing. */
function bodyOf(
  action: string,
  temp: string | undefined,
  values: CommandWords,
): object | undefined {
  if (PLAIN.includes(action)) return {};
  if (action === 'pin') return temp === undefined ? undefined : { temp: Number(temp) };
  if (action !== 'register') return undefined;
  const { 'id-scope': idScope, 'group-key-file': file } = values;
  const groupKey = file === undefined ? undefined : readFileSync(file, 'utf8').trim();
  return {
    ...(idScope === undefined ? {} : { idScope }),
    ...(groupKey === undefined ? {} : { groupKey }),
  };
}

async function setParent(settings: Settings, action: 'adopt' | 'release', meter: string) {
  const parent = action === 'adopt' ? settings.gatewayDeviceId : null;
  const path = `/devices/${encodeURIComponent(meter)}/parent`;
  await controlClient(settings, 'azure').post(path, { parent });
  return parent === null ? `${meter} has no gateway now.` : `${meter} is a child of ${parent} now.`;
}

async function show(settings: Settings, id: string): Promise<string> {
  const status = await controlClient(settings, 'meters').get('/status');
  const meters = hasMeters(status) ? status.meters : [];
  const meter = meters.find((known) => isNamed(known, id));
  if (meter === undefined) throw new Error(`There is no meter ${id}.`);
  return inWords(meter);
}

function hasMeters(status: unknown): status is { meters: unknown[] } {
  return typeof status === 'object' && status !== null && 'meters' in status;
}

function isNamed(meter: unknown, id: string): boolean {
  return typeof meter === 'object' && meter !== null && 'id' in meter && meter.id === id;
}

/** One `name: value` a line, without what is not set. */
function inWords(status: unknown): string {
  return Object.entries(Object(status))
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}: ${String(value)}`)
    .join('\n');
}
