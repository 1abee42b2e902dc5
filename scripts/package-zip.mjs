/** Zip files that are deployed: the same contents give the same bytes, and what is in them is said. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { zipSync } from 'fflate';

/** Zip files know no time before 1980; the time of packing would make every package another one. */
const MODIFIED = new Date(1980, 0, 1, 12);

/**
 * Writes `files`, names with `/` and their bytes, as a zip.
 *
 * @returns its size in bytes
 */
export function writeZip(path, files) {
  const names = Object.keys(files).toSorted((a, b) => (a < b ? -1 : 1));
  const entries = Object.fromEntries(names.map((name) => [name, files[name]]));
  const zip = zipSync(entries, { level: 9, mtime: MODIFIED });
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, zip);
  return zip.length;
}

/** Says what a package holds and how large it is. */
export function listPackage(path, files, size, say = console.log) {
  for (const [name, { length }] of Object.entries(files).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    say(`${kibibytes(length).padStart(10)}  ${name}`);
  }
  say(`${kibibytes(size).padStart(10)}  ${relative('.', path)}`);
}

/** The licences of bundled packages, which ask to be passed on with the code; `folders` as in the lock file. */
export function thirdPartyNotices(project, folders) {
  const notices = folders.map((folder) => {
    const { name, version, license } = JSON.parse(
      readFileSync(join(project, folder, 'package.json'), 'utf8'),
    );
    return `${name} ${version} (${license ?? 'see below'})\n\n${licenceText(join(project, folder))}`;
  });
  return `${notices.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

function licenceText(folder) {
  for (const name of ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'License', 'license', 'LICENCE']) {
    try {
      return readFileSync(join(folder, name), 'utf8').trim();
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
  }
  return 'The package holds no licence text of its own.';
}

function kibibytes(bytes) {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}
