/** `npm run manifest` and `npm run images` as their users run them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROJECT_FOLDER } from '../../support/project-folder.ts';
import { compiled } from '../../support/compiled.ts';

describe('commands for a real gateway', function () {
  this.timeout(20_000);
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gateway-commands-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function run(command: string, words: readonly string[], variables: Record<string, string> = {}) {
    const script = compiled(`simulator/commands/${command}.ts`);
    const ended = spawnSync(process.execPath, [script, ...words], {
      cwd: PROJECT_FOLDER,
      encoding: 'utf8',
      env: { PATH: folder, ...variables },
    });
    return { status: ended.status, output: ended.stdout, faults: ended.stderr };
  }

  /** Docker that notes what it is asked, and ends with an exit code. */
  function fakeDocker(exitCode = 0): () => string[] {
    const log = join(folder, 'asked');
    const script = `#!/bin/sh\necho "$*" >> '${log}'\n[ "$1 $2" = "buildx version" ] || exit ${exitCode}\n`;
    writeFileSync(join(folder, 'docker'), script);
    chmodSync(join(folder, 'docker'), 0o755);
    return () => readFileSync(log, 'utf8').trim().split('\n');
  }

  const out = () => join(folder, 'deployment.json');

  it('write the manifest for a platform, a registry and a version of the runtime', () => {
    const words = [
      '--registry',
      'lab.azurecr.io',
      '--platform',
      'arm64v8',
      '--edge-version',
      '1.5',
    ];
    const all = words.concat('--schemas', 'none', '--out', out());
    const { status, output, faults } = run('manifest', all);

    assert.equal(status, 0, faults);
    assert.match(output, /4 modules, 14 routes/);
    assert.match(output, /averager: lab\.azurecr\.io\/averager:0\.1\.0-arm64v8/);
    const text = readFileSync(out(), 'utf8');
    assert.match(text, /azureiotedge-hub:1\.5"/);
    assert.doesNotMatch(text, /registryCredentials": \{[^}]*username|\$\{|schema-template/);
  });

  it('take a registry’s password from the environment into a file for its owner only', () => {
    const variables = {
      CONTAINER_REGISTRY_SERVER: 'lab.azurecr.io',
      CONTAINER_REGISTRY_USERNAME: 'puller',
      CONTAINER_REGISTRY_PASSWORD: 'pull-secret',
    };
    writeFileSync(out(), 'an earlier one, for everybody', { mode: 0o644 });
    const { output } = run('manifest', ['--schemas', 'none', '--out', out()], variables);

    assert.match(readFileSync(out(), 'utf8'), /"password": "pull-secret"/);
    assert.doesNotMatch(output, /pull-secret/);
    assert.equal(statSync(out()).mode & 0o777, 0o600);
  });

  it('say what is missing for the manifest, and write none', () => {
    const { status, faults } = run('manifest', ['--schemas', 'none', '--out', out()]);

    assert.equal(status, 1);
    assert.match(
      faults,
      /modules\.averager\.settings\.image: .*Name the registry: --registry NAME/,
    );
    assert.throws(() => statSync(out()));
  });

  it('go on without the published schemas when they cannot be reached, and say so', () => {
    const words = ['--registry', 'r', '--out', out(), '--schemas', join(folder, 'none')];
    const { status, output } = run('manifest', words);

    assert.equal(status, 0);
    assert.match(output, /not checked against the published schemas: .*cannot be read/);
  });

  it('build images with Docker, showing each command', () => {
    const asked = fakeDocker();
    const { status, output } = run('images', ['--registry', 'r', '--push', 'averager']);

    assert.equal(status, 0);
    const [version, build, bill] = asked();
    assert.equal(version, 'buildx version');
    assert.match(build ?? '', /^buildx build --platform linux\/amd64,linux\/arm64 .* --push /);
    assert.match(bill ?? '', /--target sbom/);
    assert.equal(output, `docker ${build}\ndocker ${bill}\nBuilt.\n`);
  });

  it('stop at the first build that fails', () => {
    const asked = fakeDocker(7);
    const { status, faults } = run('images', ['--registry', 'r']);

    assert.equal(status, 1);
    assert.match(faults, /exit code 7/);
    assert.equal(asked().length, 2);
  });

  it('say what to install where there is no Docker, and show the commands all the same', () => {
    const { status, faults } = run('images', ['--registry', 'r']);
    assert.equal(status, 1);
    assert.match(faults, /Docker with buildx does not answer.*docker buildx version/s);

    const dry = run('images', ['--registry', 'r', '--dry-run']);
    assert.equal(dry.status, 0);
    assert.equal(dry.output.trim().split('\n').length, 8);
  });
});
