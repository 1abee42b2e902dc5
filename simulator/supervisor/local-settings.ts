import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Secrets, type Settings } from '../wire/settings.ts';

const SETTINGS_FILE = 'settings.json';

const SavedSecrets = z.object({ secrets: Secrets.partial() });

/** What a start decides; secrets come from the state folder. */
export type ChosenSettings = Omit<Settings, 'secrets'>;

/**
 * Writes `<stateFolder>/settings.json` with the choices of this start, keeping the keys of earlier ones.
 *
 * @returns the settings and the path of the file
 * @throws Error naming the file when an earlier one is malformed
 */
export function writeSettings(chosen: ChosenSettings): { settings: Settings; path: string } {
  const path = join(chosen.stateFolder, SETTINGS_FILE);
  const settings: Settings = { ...chosen, secrets: { ...makeSecrets(), ...readSecrets(path) } };
  const draft = `${path}.new`;
  writeFileSync(draft, JSON.stringify(settings, null, 2), { mode: 0o600 });
  renameSync(draft, path);
  return { settings, path };
}

/** The keys that an earlier start made; a key that is of later date is not among them. */
function readSecrets(path: string): Partial<Secrets> {
  if (!existsSync(path)) return {};
  try {
    const { secrets } = SavedSecrets.parse(JSON.parse(readFileSync(path, 'utf8')));
    return secrets as Partial<Secrets>;
  } catch (error) {
    throw new Error(
      `${path} is damaged and holds the keys of the local state. ` +
        'Restore it from a copy, or forget the local state with: npm start -- --fresh',
      { cause: error },
    );
  }
}

function makeSecrets(): Secrets {
  const key = (bytes: number) => randomBytes(bytes).toString('base64');
  return {
    enrollmentGroupKey: key(64),
    gatewayKey: key(32),
    iotHubOwnerKey: key(32),
    deviceProvisioningOwnerKey: key(32),
    eventHubsKey: key(32),
    storageKey: key(64),
    sqlPassword: key(32),
    controlToken: randomBytes(32).toString('hex'),
  };
}
