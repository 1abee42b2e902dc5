import { readFileSync } from 'node:fs';
import { deriveDeviceKey } from '../../wire/sas-token.ts';
import { GatewayOptionError, type Words } from './checked-words.ts';

/** Variable of the environment that may hold the key of the enrollment group. */
export const GROUP_KEY_VARIABLE = 'ENROLLMENT_GROUP_KEY';

const FEWEST_KEY_BYTES = 16;

/**
 * The gateway's own key: derived from the group's, or given as it is.
 *
 * Keys come from a file, standard input (`-`) or the environment, never as a word of the command
 * line, which everybody on a machine can read.
 *
 * @throws GatewayOptionError when there is none, or it is not one
 */
export function gatewayKey(
  words: Words,
  environment: NodeJS.ProcessEnv,
  registrationId: string,
): string {
  const deviceKeyFile = words['device-key-file'];
  if (deviceKeyFile !== undefined) return readKey(deviceKeyFile, '--device-key-file');
  const groupKeyFile = words['group-key-file'];
  if (groupKeyFile !== undefined) {
    return deriveDeviceKey(readKey(groupKeyFile, '--group-key-file'), registrationId);
  }
  const groupKey = environment[GROUP_KEY_VARIABLE];
  if (groupKey !== undefined && groupKey !== '') {
    return deriveDeviceKey(checkKey(groupKey.trim(), GROUP_KEY_VARIABLE), registrationId);
  }
  throw new GatewayOptionError(
    'A key is missing: pass --group-key-file FILE (the key of the enrollment group) or ' +
      `--device-key-file FILE (the gateway's own), - for standard input, or set ${GROUP_KEY_VARIABLE}.`,
  );
}

function readKey(file: string, option: string): string {
  try {
    return checkKey(readFileSync(file === '-' ? 0 : file, 'utf8').trim(), `${option} ${file}`);
  } catch (error) {
    if (error instanceof GatewayOptionError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new GatewayOptionError(`${option} cannot be read: ${reason}.`);
  }
}

/** The message does not repeat what it refuses: it may be a key with a slip in it. */
function checkKey(text: string, place: string): string {
  const isBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text);
  if (isBase64 && Buffer.from(text, 'base64').length >= FEWEST_KEY_BYTES) return text;
  const meaning = `base64 of at least ${FEWEST_KEY_BYTES} bytes`;
  throw new GatewayOptionError(`${place} holds no key: a key is ${meaning}.`);
}
