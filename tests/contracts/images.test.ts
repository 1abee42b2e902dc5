/** What the images are built from, and what Microsoft's tools read about them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { imageBuilds } from '../../simulator/edge/manifest/image-builds.ts';
import { moduleFolders, readModuleImage } from '../../simulator/edge/manifest/module-images.ts';
import { buildContext } from '../support/dockerignore.ts';
import { PROJECT_FOLDER } from '../support/project-folder.ts';

const MODULES = join(PROJECT_FOLDER, 'modules');
const DOCKERFILE = join(MODULES, 'Dockerfile');
const OPTIONS = {
  registry: 'lab.azurecr.io',
  platforms: ['linux/amd64', 'linux/arm64'],
  tag: '',
  push: true,
  modules: [],
};

const dockerfile = readFileSync(DOCKERFILE, 'utf8').replaceAll(/\\\n\s*/g, '');
const instructions = dockerfile.split('\n').filter((line) => /^[A-Z]/.test(line));
/** The last stage: what is in an image. */
const image = instructions.slice(instructions.findLastIndex((line) => line.startsWith('FROM')));
const ignored = readFileSync(join(PROJECT_FOLDER, '.dockerignore'), 'utf8');

function trackedFiles(): string[] {
  const listed = spawnSync('git', ['ls-files', '-co', '--exclude-standard'], {
    cwd: PROJECT_FOLDER,
    encoding: 'utf8',
  });
  return listed.stdout
    .split('\n')
    .filter((path) => path !== '' && existsSync(join(PROJECT_FOLDER, path)));
}

describe('modules/Dockerfile', () => {
  it('puts Node, the JavaScript, the SQLite binding and the volume into an image', () => {
    assert.deepEqual(
      image.filter((line) => /^(COPY|ADD|RUN)/.test(line)),
      [
        'COPY --from=node /usr/local/bin/node /usr/local/bin/node',
        'COPY --from=build /image/*.mjs /image/better_sqlite3.node /app/',
        'COPY --from=build --chown=65532:65532 /image/state /app/state',
      ],
    );
  });

  it('runs as nobody in particular, with a health check that the bundle answers', () => {
    assert.ok(image.includes('USER 65532:65532'));
    assert.match(image.join('\n'), /^HEALTHCHECK .*CMD \[.*"--health"\]$/m);
    assert.match(image.join('\n'), /HEARTBEAT_FILE=\/tmp\/heartbeat/);
    assert.ok(image.includes('ENTRYPOINT ["/usr/local/bin/node", "/app/main.mjs"]'));
  });

  it('copies from stages that it has', () => {
    const stages = instructions.flatMap((line) => /^FROM .* AS (\S+)$/.exec(line)?.[1] ?? []);
    const copied = instructions.flatMap((line) => /^COPY --from=(\S+)/.exec(line)?.[1] ?? []);

    assert.ok(copied.length > 0);
    for (const stage of copied) assert.ok(stages.includes(stage), stage);
  });

  it('gets what a bundle is made of from its context, and bundles from it', function () {
    this.timeout(20_000);
    // Below the project, so that its packages are found.
    mkdirSync(join(PROJECT_FOLDER, 'dist'), { recursive: true });
    const folder = mkdtempSync(join(PROJECT_FOLDER, 'dist/context-'));
    try {
      for (const path of buildContext(ignored, trackedFiles())) {
        cpSync(join(PROJECT_FOLDER, path), join(folder, path));
      }
      const made = spawnSync(process.execPath, ['scripts/bundle.mjs', 'averager', '--out', 'out'], {
        cwd: folder,
        encoding: 'utf8',
      });
      assert.equal(made.status, 0, made.stderr);
      assert.ok(existsSync(join(folder, 'out/averager/main.mjs')));
      for (const { link, resolved } of lockedFolders()) {
        assert.ok(existsSync(join(folder, resolved, 'package.json')), `${resolved} ${link}`);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('gets no key, state or history', () => {
    const secret = ['.env', '.local/settings.json', '.git/config', 'config/deployment.amd64.json'];
    const bulky = ['node_modules/zod/package.json', 'dist/bundles/averager/main.mjs', 'README.md'];

    assert.deepEqual(buildContext(ignored, [...secret, ...bulky]), []);
  });
});

/** Folders that package-lock.json refers to: npm ci fails without them. */
function lockedFolders(): { link: boolean; resolved: string }[] {
  const { packages } = JSON.parse(
    readFileSync(join(PROJECT_FOLDER, 'package-lock.json'), 'utf8'),
  ) as { packages: Record<string, { link?: boolean; resolved?: string }> };
  return Object.values(packages).flatMap(({ link, resolved }) =>
    link === true && resolved !== undefined ? [{ link, resolved }] : [],
  );
}

describe('module.json', () => {
  for (const name of moduleFolders(MODULES)) {
    it(`of ${name} names a Dockerfile, the module and the root of the project`, () => {
      const folder = join(MODULES, name);
      const described = readModuleImage(folder, { CONTAINER_REGISTRY_SERVER: 'lab' });

      assert.equal(described.repository, `lab/${name}`);
      assert.deepEqual(Object.keys(described.tag.platforms), ['amd64', 'arm64v8']);
      for (const path of Object.values(described.tag.platforms)) {
        assert.equal(join(folder, path), DOCKERFILE);
      }
      assert.deepEqual(described.buildOptions, [`--build-arg MODULE=${name}`]);
      assert.equal(resolve(folder, described.contextPath), resolve(PROJECT_FOLDER));
      const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
        version: string;
      };
      assert.equal(described.tag.version, version);
    });
  }
});

describe('commands that build the images', () => {
  it('build each module once for all platforms, under the names that manifests use', () => {
    const commands = imageBuilds(PROJECT_FOLDER, { ...OPTIONS, modules: ['averager'], tag: 'rc1' });

    assert.deepEqual(
      commands.map((words) => words.join(' ')),
      [
        'buildx build --platform linux/amd64,linux/arm64 --tag lab.azurecr.io/averager:0.1.0-rc1-amd64 ' +
          '--tag lab.azurecr.io/averager:0.1.0-rc1-arm64v8 --push --file modules/Dockerfile ' +
          '--build-arg MODULE=averager .',
        'buildx build --platform linux/amd64 --target sbom --output type=local,dest=dist/images/averager ' +
          '--file modules/Dockerfile --build-arg MODULE=averager .',
      ],
    );
    assert.equal(imageBuilds(PROJECT_FOLDER, OPTIONS).length, 2 * moduleFolders(MODULES).length);
  });

  it('load one platform into Docker, and only build several, unless they push', () => {
    const outcome = (platforms: string[]) => {
      const options = { ...OPTIONS, modules: ['averager'], platforms, push: false };
      return imageBuilds(PROJECT_FOLDER, options)[0]?.join(' ') ?? '';
    };

    assert.match(outcome(['linux/arm64']), / --load /);
    assert.match(outcome(['linux/arm64', 'linux/amd64']), / --output type=cacheonly /);
  });

  it('name a module or platform that there is not', () => {
    assert.throws(
      () => imageBuilds(PROJECT_FOLDER, { ...OPTIONS, modules: ['averagr'] }),
      /no module averagr\. There are: anomaly-detector, averager,/,
    );
    assert.throws(
      () => imageBuilds(PROJECT_FOLDER, { ...OPTIONS, platforms: ['linux/riscv64'] }),
      /has no platform linux\/riscv64\. There are: linux\/amd64, linux\/arm64/,
    );
  });
});
