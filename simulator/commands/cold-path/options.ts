import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { storageConnectionString } from '../../wire/connection-strings.ts';
import { readSettings } from '../../wire/settings.ts';
import type { Archive } from './archive.ts';
import { ColdPathError, reasonOf } from './cold-path-error.ts';
import { addressedArchive, containerArchive } from './container-archive.ts';
import { folderArchive } from './folder-archive.ts';

const CONTAINER = 'archive';
const STORAGE_VARIABLE = 'AZURE_STORAGE_CONNECTION_STRING';

export const COLD_PATH_HELP = `npm run cold-path -- [options]

Makes tables of the archive's CSV files: readings, each once; minimum, mean and maximum per meter and
hour, day, week and month; count and average per meter; what was rejected, with file, line and
reason. Run it again whenever files have come or grown: only those are read.

  --from PLACE     where the CSV files are (the archive of the running local system):
                     a folder;
                     https://ACCOUNT.blob.core.windows.net/CONTAINER[/FOLDER][?SAS], which without
                     a shared access signature takes your sign-in to Azure (az login);
                     a connection string of a storage account, or the word "storage" to take it
                     from ${STORAGE_VARIABLE}, so that no key is in your shell's history
  --container C    the container, with a connection string (${CONTAINER})
  --to FOLDER      where the tables go (cold-path in the state folder)
  --state FOLDER   state folder of the local system (.local)
  --fresh          forget the tables that are there
  --help           this text
`;

/** What the command line asks for. */
export interface ColdPathOptions {
  readonly archive: Archive;
  /** Absolute path. */
  readonly folder: string;
  readonly fresh: boolean;
}

/**
 * Reads the command line of `npm run cold-path`; undefined when it asks for help.
 *
 * @throws ColdPathError `USAGE` naming the option and what it takes
 */
export function parseColdPathOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ColdPathOptions | undefined {
  const values = parsed(args);
  if (values.help) return undefined;
  const state = resolve(values.state);
  return {
    archive: archiveFrom(values, environment),
    folder: resolve(values.to ?? join(state, 'cold-path')),
    fresh: values.fresh,
  };
}

interface Place {
  readonly from?: string | undefined;
  readonly container: string;
  readonly state: string;
}

function archiveFrom(
  { from, container, state }: Place,
  environment: Readonly<Record<string, string | undefined>>,
): Archive {
  if (from === undefined) return localArchive(resolve(state, 'settings.json'), container);
  if (/^https?:/i.test(from)) return addressedArchive(from);
  if (/(^|;)\s*(AccountName|BlobEndpoint)=/i.test(from)) return containerArchive(from, container);
  if (from !== 'storage') return folderArchive(from);
  const connectionString = environment[STORAGE_VARIABLE];
  if (connectionString === undefined || connectionString === '') {
    throw new ColdPathError('USAGE', `--from storage needs the variable ${STORAGE_VARIABLE}.`);
  }
  return containerArchive(connectionString, container);
}

function localArchive(settingsFile: string, container: string): Archive {
  if (!existsSync(settingsFile)) {
    throw new ColdPathError(
      'USAGE',
      `${settingsFile} is missing: start the system with npm start, or say --from.`,
    );
  }
  return containerArchive(storageConnectionString(readSettings(settingsFile)), container);
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        from: { type: 'string' },
        container: { type: 'string', default: CONTAINER },
        to: { type: 'string' },
        state: { type: 'string', default: '.local' },
        fresh: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new ColdPathError('USAGE', `${reasonOf(error)} (--help lists the options)`);
  }
}
