/** The commands that build the images which `module-images.ts` names. */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { imageName, moduleFolders, readModuleImage, type ModuleImage } from './module-images.ts';

/** Docker's names of platforms, and those of module.json. */
const PLATFORMS: Readonly<Record<string, string>> = {
  'linux/amd64': 'amd64',
  'linux/arm64': 'arm64v8',
};

export interface ImageBuildOptions {
  readonly registry: string;
  /** Such as `linux/arm64`. */
  readonly platforms: readonly string[];
  /** Goes between version and platform; empty for none. */
  readonly tag: string;
  readonly push: boolean;
  /** Empty for all. */
  readonly modules: readonly string[];
}

/**
 * Words for `docker`, command by command, to be run in the project's folder.
 *
 * An image of several platforms goes by the name of each: whichever a manifest names, a gateway pulls
 * what its processor runs.
 *
 * @throws Error naming what does not exist
 */
export function imageBuilds(projectFolder: string, options: ImageBuildOptions): string[][] {
  const folder = join(projectFolder, 'modules');
  const all = moduleFolders(folder);
  const chosen = options.modules.length === 0 ? all : options.modules;
  const unknown = chosen.find((name) => !all.includes(name));
  if (unknown !== undefined) {
    throw new Error(`There is no module ${unknown}. There are: ${all.join(', ')}.`);
  }
  return chosen.flatMap((name) => {
    const moduleFolder = join(folder, name);
    const image = readModuleImage(moduleFolder, { CONTAINER_REGISTRY_SERVER: options.registry });
    return buildsOf({ projectFolder, moduleFolder, name, image }, options);
  });
}

interface Module {
  readonly projectFolder: string;
  readonly moduleFolder: string;
  readonly name: string;
  readonly image: ModuleImage;
}

function buildsOf(module: Module, options: ImageBuildOptions): string[][] {
  const { image, name } = module;
  const own = options.platforms.map((platform) => ownPlatform(platform, module));
  const tags = own.flatMap((platform) => ['--tag', imageName(image, platform, options.tag)]);
  const common = [...buildWords(module), context(module)];
  const build = (platforms: string, ...words: string[]) =>
    ['buildx', 'build', '--platform', platforms].concat(words, common);
  const [first = ''] = options.platforms;
  const bill = ['--target', 'sbom', '--output', `type=local,dest=dist/images/${name}`];
  return [
    build(options.platforms.join(','), ...tags, ...outcome(options)),
    // The layers are there already; this only writes the file.
    build(first, ...bill),
  ];
}

function ownPlatform(platform: string, { image, moduleFolder }: Module): string {
  const own = PLATFORMS[platform];
  if (own !== undefined && Object.hasOwn(image.tag.platforms, own)) return own;
  const known = Object.keys(PLATFORMS).join(', ');
  throw new Error(`${moduleFolder}/module.json has no platform ${platform}. There are: ${known}.`);
}

/** Where the image goes. Docker's own store holds images of one platform. */
function outcome({ push, platforms }: ImageBuildOptions): string[] {
  if (push) return ['--push'];
  return platforms.length === 1 ? ['--load'] : ['--output', 'type=cacheonly'];
}

/** What module.json tells Microsoft's tools. */
function buildWords({ projectFolder, moduleFolder, image }: Module): string[] {
  const [dockerfile = ''] = Object.values(image.tag.platforms);
  const file = join(moduleFolder, dockerfile);
  if (!existsSync(file)) throw new Error(`${file} does not exist; module.json names it.`);
  const words = image.buildOptions.flatMap((option) => option.trim().split(/\s+/));
  return ['--file', relative(projectFolder, file), ...words];
}

function context({ projectFolder, moduleFolder, image }: Module): string {
  return relative(projectFolder, join(moduleFolder, image.contextPath)) || '.';
}
