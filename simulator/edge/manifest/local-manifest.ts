/** The manifest as this machine runs it: images are compiled modules. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../../wire/settings.ts';
import { ManifestError } from './manifest-error.ts';
import { readManifest, type Manifest } from './read-manifest.ts';

/** Variables of a local start: `MODULES.<folder>` is `dist/modules/<folder>/src/main.js`. */
export function localVariables(projectFolder: string): Record<string, string> {
  const folder = join(projectFolder, 'modules');
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return Object.fromEntries(
    names
      .filter((name) => existsSync(join(folder, name, 'src', 'main.ts')))
      .map((name) => [`MODULES.${name}`, join(projectFolder, 'dist/modules', name, 'src/main.js')]),
  );
}

/** Reads the manifest that the settings name. @throws ManifestError */
export function readLocalManifest(
  settings: Pick<Settings, 'manifestFile' | 'projectFolder'>,
): Manifest {
  return readManifest(settings.manifestFile, localVariables(settings.projectFolder));
}

/** Every module that is to run has something to run. @throws ManifestError naming the others */
export function requireImages({ file, modules }: Manifest): void {
  const problems = modules
    .filter(({ image, status }) => status === 'running' && !existsSync(image))
    .map(
      ({ id, image }) => `module ${id}: ${image} does not exist. Compile it with: npm run build`,
    );
  if (problems.length > 0) throw new ManifestError(file, problems);
}
