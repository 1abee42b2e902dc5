/** What `npm run deploy` is told. */
import { parseArgs } from 'node:util';

/** The four commands. */
export const COMMANDS = ['plan', 'up', 'status', 'down'] as const;
export type Command = (typeof COMMANDS)[number];

/** The options, read. */
export interface Options {
  readonly command: Command;
  readonly environment: string;
  readonly location: string;
  /** undefined: one named after the environment. */
  readonly group: string | undefined;
  /** undefined: the one that az uses. */
  readonly subscription: string | undefined;
  /** undefined: who is signed in. */
  readonly operatorMail: string | undefined;
  readonly alertRecipients: string | undefined;
  /** Manifest of the gateways; undefined: none is deployed to them. */
  readonly manifest: string | undefined;
  readonly yes: boolean;
}

/** Shown by `--help`, and after a wrong option. */
export const USAGE = `npm run deploy -- plan | up | status | down [options]

  plan      what would be made, whether Azure lets it, and what it costs a month
  up        makes it, or brings it up to date
  status    what is there, and how it is
  down      removes what \`up\` made, and nothing else

  --environment lab|fleet   sizes: cloud/infra/environments (lab: about ten meters)
  --location <region>       default westeurope
  --group <name>            resource group, default iot-end-to-end-<environment>
  --subscription <name>     default: the one that az uses
  --operator <address>      who is told of lag, losses and costs; default: who is signed in
  --recipients <a,b>        who gets mails about anomalies; default: the operator
  --manifest <file>         deployment manifest for the gateways (\`npm run manifest\` makes it)
  --yes                     do not ask
`;

/** The command line is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'USAGE';
}

const OPTIONS = {
  environment: { type: 'string', default: 'lab' },
  location: { type: 'string', default: 'westeurope' },
  group: { type: 'string' },
  subscription: { type: 'string' },
  operator: { type: 'string' },
  recipients: { type: 'string' },
  manifest: { type: 'string' },
  yes: { type: 'boolean', default: false },
} as const;

/**
 * Reads the command line.
 *
 * @throws UsageError
 */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parse(args);
  const command = COMMANDS.find((known) => known === positionals[0]);
  if (command === undefined || positionals.length > 1) {
    throw new UsageError(`Say one of ${COMMANDS.join(', ')}.`);
  }
  if (!/^[a-z0-9]{2,8}$/.test(values.environment)) {
    throw new UsageError('--environment is two to eight lower-case letters or digits.');
  }
  if (!/^[a-z0-9]{3,40}$/.test(values.location)) {
    throw new UsageError('--location is a region as `az account list-locations` names it.');
  }
  if (values.group !== undefined && !/^[\w.()-]{1,89}[\w()-]$/.test(values.group)) {
    throw new UsageError('--group is not a name for a resource group.');
  }
  return {
    command,
    environment: values.environment,
    location: values.location,
    group: values.group,
    subscription: values.subscription,
    operatorMail: address(values.operator, '--operator'),
    alertRecipients: values.recipients,
    manifest: values.manifest,
    yes: values.yes,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function address(text: string | undefined, option: string): string | undefined {
  if (text !== undefined && !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(text)) {
    throw new UsageError(`${option} is not an e-mail address.`);
  }
  return text;
}
