/** The variables that a manifest template is expanded with. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { Variables } from './module-images.ts';

/**
 * What holds where nobody says otherwise. IoT Edge 1.6 is serviced until 2028-11-14; 1.5 was until 2026-11-10.
 *
 * Source: Azure/iotedge CHANGELOG.md.
 */
const DEFAULTS = { EDGE_RUNTIME_VERSION: '1.6' };

/** As iotedgedev has it: the environment, then `.env` in the project's folder; at last the defaults. */
export function templateVariables(projectFolder: string, environment: Variables): Variables {
  const file = join(projectFolder, '.env');
  const written = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
  return { ...DEFAULTS, ...written, ...environment };
}
