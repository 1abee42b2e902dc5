/** `npm run images`: builds the modules' images with Docker's buildx, and pushes them. */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { imageBuilds, type ImageBuildOptions } from '../edge/manifest/image-builds.ts';

const USAGE = `npm run images -- --registry NAME [options] [module …]

Builds an image of each module, of Node, one JavaScript file and SQLite, and its bill of materials.

  --registry NAME       such as lab.azurecr.io (CONTAINER_REGISTRY_SERVER)
  --platform LIST       linux/amd64, linux/arm64 or both with a comma (linux/amd64,linux/arm64)
  --tag TEXT            goes between version and platform in the tags; the same as for npm run manifest
  --push                pushes to the registry: docker login first
  --dry-run             shows the commands only

Without --push a single platform's images are loaded into Docker, and those of several only built.
Bills of materials are written to dist/images/<module>/sbom.cdx.json.`;

const NO_DOCKER = `Docker with buildx does not answer, so nothing was built. Install it (Debian and Ubuntu: docker.io docker-buildx,
or Docker's own packages), check it with: docker buildx version, and start again. --dry-run shows the commands
without it.`;

function parse() {
  return parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean', default: false },
      registry: { type: 'string' },
      platform: { type: 'string', default: 'linux/amd64,linux/arm64' },
      tag: { type: 'string', default: '' },
      push: { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
    },
  });
}

function run(): number {
  const { values, positionals } = parse();
  if (values.help) return say(USAGE);
  const registry = values.registry ?? process.env['CONTAINER_REGISTRY_SERVER'];
  if (registry === undefined) throw new Error(`Name the registry: --registry NAME.\n\n${USAGE}`);
  const options: ImageBuildOptions = {
    registry,
    platforms: values.platform.split(','),
    tag: values.tag,
    push: values.push,
    modules: positionals,
  };
  const commands = imageBuilds(process.cwd(), options);
  const dryRun = values['dry-run'];
  if (!dryRun && docker(['buildx', 'version'], 'ignore') !== 0) throw new Error(NO_DOCKER);
  for (const words of commands) {
    say(`docker ${words.join(' ')}`);
    const status = dryRun ? 0 : docker(words, 'inherit');
    if (status !== 0) throw new Error(`This command ended with exit code ${status}; see above.`);
  }
  if (dryRun) return 0;
  const kept = values.push || options.platforms.length === 1;
  return say(kept ? 'Built.' : 'Built, and kept in the cache only: several platforms need --push.');
}

function docker(words: readonly string[], output: 'ignore' | 'inherit'): number | null {
  return spawnSync('docker', words, { stdio: ['ignore', output, output] }).status;
}

function say(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}

try {
  process.exitCode = run();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
