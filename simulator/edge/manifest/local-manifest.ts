/** The manifest as this machine runs it: images are compiled modules, and readings can be watched. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Settings } from '../../wire/settings.ts';
import { ManifestError } from './manifest-error.ts';
import type { FindImage } from './module-images.ts';
import { readManifest, type Manifest, type TemplateContext } from './read-manifest.ts';
import { templateVariables } from './template-variables.ts';

const PLACEHOLDER = /^(?:MODULES\.([^.]+)|MODULEDIR<(.+)>)/;

/** A module's image is `dist/modules/<folder>/src/main.js`, on whatever platform. */
export function localContext(projectFolder: string): TemplateContext {
  const findImage: FindImage = (placeholder) => {
    const [, name, path] = PLACEHOLDER.exec(placeholder) ?? [];
    const folder = name ?? (path === undefined ? '' : basename(path));
    const source = join(projectFolder, 'modules', folder, 'src/main.ts');
    if (folder === '' || !existsSync(source)) return undefined;
    return join(projectFolder, 'dist/modules', folder, 'src/main.js');
  };
  return { variables: templateVariables(projectFolder, {}), findImage };
}

/** Raw readings leave here within a second: a gateway collects them for longer, and nobody watches. */
const MAX_DELAY_SECONDS = 1;

/** Reads the manifest that the settings name. @throws ManifestError */
export function readLocalManifest(
  settings: Pick<Settings, 'manifestFile' | 'projectFolder' | 'faithful'>,
): Manifest {
  const manifest = readManifest(settings.manifestFile, localContext(settings.projectFolder));
  if (settings.faithful) return manifest;
  const desired = Object.entries(manifest.desiredProperties);
  return {
    ...manifest,
    document: watchable(manifest.document),
    desiredProperties: Object.fromEntries(desired.map(([id, own]) => [id, watchable(own)])),
  };
}

function watchable(document: unknown): unknown {
  return JSON.parse(JSON.stringify(document), (name, value: unknown) =>
    name === 'maxDelaySeconds' && typeof value === 'number'
      ? Math.min(value, MAX_DELAY_SECONDS)
      : value,
  );
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
