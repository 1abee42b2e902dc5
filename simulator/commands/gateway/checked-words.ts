/** Words of the command line of `npm run gateway`, checked one by one. */

/** A word that cannot be used; the message names the option and what it takes. */
export class GatewayOptionError extends Error {
  override readonly name = 'GatewayOptionError';
  readonly code = 'OPTION';
}

/** Options that were given, by name. */
export type Words = Readonly<Record<string, string | undefined>>;

/** @throws GatewayOptionError when the option is missing */
export function required(words: Words, option: string): string {
  const value = words[option];
  if (value !== undefined && value !== '') return value;
  throw new GatewayOptionError(`--${option} is missing. See: npm run gateway -- --help`);
}

/** @throws GatewayOptionError when the option is missing or not of the form */
export function matching(
  words: Words,
  option: string,
  [form, meaning]: readonly [RegExp, string],
): string {
  const value = required(words, option);
  if (form.test(value)) return value;
  throw new GatewayOptionError(`--${option} takes ${meaning}, not "${value}".`);
}

/** Forms of words, and what they are. */
export const FORMS = {
  idScope: [
    /^0n[a-zA-Z][0-9A-Fa-f]{8}$/,
    'an ID scope such as 0ne00A1B2C3 (az iot dps show --query properties.idScope)',
  ],
  registrationId: [
    /^[A-Za-z0-9._:-]{0,127}[A-Za-z0-9-]$/,
    'up to 128 letters, digits and the signs - . _ :, ending with a letter, digit or -',
  ],
  deviceId: [
    /^[A-Za-z0-9\-:.+%_#*?!(),=@$']{1,128}$/,
    "up to 128 letters, digits and the signs - : . + % _ # * ? ! ( ) , = @ $ '",
  ],
  /** The common name of a server certificate has at most 64 characters. */
  hostName: [
    /^(?=.{1,64}$)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*$/,
    'a host name or IPv4 address of at most 64 characters',
  ],
  edgeVersion: [/^1\.\d+(?:\.\d+)?$/, 'a version of IoT Edge such as 1.6 or 1.5'],
  path: [/^\/[^\s?#]+$/, 'an absolute path on the gateway, without blanks'],
} as const satisfies Record<string, readonly [RegExp, string]>;

/** The URI of a file on the gateway. */
export function fileUri(path: string): string {
  return `file://${path}`;
}
