import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { isToRead, type Archive, type ArchiveFile } from './archive.ts';
import { ColdPathError, reasonOf } from './cold-path-error.ts';

/** The CSV files in a folder and the folders below it. */
export function folderArchive(folder: string): Archive {
  const root = resolve(folder);
  return {
    name: root,
    list: async () => {
      const files: ArchiveFile[] = [];
      for (const path of await pathsIn(root)) {
        const { size, mtimeMs } = await stat(path);
        const name = relative(root, path).split(sep).join('/');
        if (!isToRead(name, size)) continue;
        files.push({ name, sizeBytes: size, modifiedMs: Math.floor(mtimeMs) });
      }
      return files.toSorted((one, other) => (one.name < other.name ? -1 : 1));
    },
    read: ({ name }) => readFile(join(root, name)),
  };
}

async function pathsIn(root: string): Promise<string[]> {
  try {
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    const remedy =
      'Name a folder with CSV files, or leave --from out to read the local system’s archive.';
    throw new ColdPathError(
      'ARCHIVE',
      `${root} cannot be read (${reasonOf(error)}). ${remedy}`,
      error,
    );
  }
}
