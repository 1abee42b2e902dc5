/**
 * What `${MODULES.folder}` and `${MODULEDIR<path>}` stand for: the images that module.json files describe.
 *
 * Source: iotedgedev modules.py, _update_module_maps. An image is `<repository>:<version>-<platform>`,
 * the repository in small letters; with CONTAINER_TAG `<repository>:<version>-<tag>-<platform>`.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { expandVariables } from './expand-variables.ts';

/** Variables of the environment and of .env. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** The image of a placeholder without `${}`, such as `MODULES.averager.amd64`. */
export type FindImage = (placeholder: string) => string | undefined;

const ModuleFile = z.looseObject({
  image: z.looseObject({
    repository: z.string().min(1),
    tag: z.looseObject({
      version: z.string().min(1),
      /** Dockerfile of each platform, relative to the module's folder. */
      platforms: z.record(z.string(), z.string()),
    }),
    /** Words of `docker build`. */
    buildOptions: z.array(z.string()).default([]),
    contextPath: z.string().default('.'),
  }),
});

/** One module.json, its variables expanded. */
export type ModuleImage = z.infer<typeof ModuleFile>['image'];

/** @throws Error naming the file */
export function readModuleImage(folder: string, variables: Variables): ModuleImage {
  const file = join(folder, 'module.json');
  try {
    const text = expandVariables(readFileSync(file, 'utf8'), variables);
    return ModuleFile.parse(JSON.parse(text)).image;
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new Error(`${file} does not describe an image: ${reason}`, { cause: error });
  }
}

/** The folders of `modulesFolder` that have a module.json. */
export function moduleFolders(modulesFolder: string): string[] {
  if (!existsSync(modulesFolder)) return [];
  return readdirSync(modulesFolder)
    .filter((name) => existsSync(join(modulesFolder, name, 'module.json')))
    .toSorted((a, b) => a.localeCompare(b));
}

/** The full name of a module's image for a platform, such as amd64 or arm64v8. */
export function imageName({ repository, tag }: ModuleImage, platform: string, suffix = ''): string {
  const version = suffix === '' ? tag.version : `${tag.version}-${suffix}`;
  return `${smallLetters(repository)}:${version}-${platform}`;
}

/** All but what is a variable still: its name is what has to be set. */
function smallLetters(repository: string): string {
  return repository.replaceAll(/\$\{[^}]*\}|[^$]+/g, (part) =>
    part.startsWith('${') ? part : part.toLowerCase(),
  );
}

const PLACEHOLDER = /^(?:MODULES\.([^.]+)|MODULEDIR<(.+)>)(?:\.(.+))?$/;

/** Finds images for a template: `platform` is meant where a placeholder names none. */
export function imagesOfModules(
  templateFolder: string,
  { platform, variables }: { readonly platform: string; readonly variables: Variables },
): FindImage {
  return (placeholder) => {
    const [, name, path, wanted = platform] = PLACEHOLDER.exec(placeholder) ?? [];
    if (name === undefined && path === undefined) return undefined;
    const folder = join(templateFolder, path ?? join('modules', name ?? ''));
    if (!existsSync(join(folder, 'module.json'))) return undefined;
    const image = readModuleImage(folder, variables);
    const exact = wanted === 'debug' ? `${platform}.debug` : wanted;
    if (!Object.hasOwn(image.tag.platforms, exact)) return undefined;
    return imageName(image, exact, variables['CONTAINER_TAG']);
  };
}
