/** Microsoft's own tools, and two of others, on what a gateway is deployed with. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { joinCreateOptions } from '../../../simulator/edge/manifest/create-options.ts';
import { imagesOfModules, moduleFolders } from '../../../simulator/edge/manifest/module-images.ts';
import { readManifest } from '../../../simulator/edge/manifest/read-manifest.ts';
import { PROJECT_FOLDER } from '../../support/project-folder.ts';

const TOOLS = join(process.env['PYTHON_ENVIRONMENT'] ?? '', 'bin');
const TEMPLATE = 'deployment.template.json';
const VARIABLES = {
  CONTAINER_REGISTRY_SERVER: 'Lab.azurecr.io',
  CONTAINER_REGISTRY_USERNAME: 'puller',
  CONTAINER_REGISTRY_PASSWORD: 'secret',
  EDGE_RUNTIME_VERSION: '1.5',
  CONTAINER_TAG: 'rc1',
};

/** Runs a tool, or fails with what it said. */
function tool(name: string, words: readonly string[], options: { cwd: string; input?: string }) {
  const env = { PATH: process.env['PATH'], HOME: options.cwd, LC_ALL: 'C.UTF-8', ...VARIABLES };
  const ended = spawnSync(join(TOOLS, name), words, { encoding: 'utf8', env, ...options });
  assert.equal(ended.status, 0, ended.stdout + ended.stderr);
  return ended.stdout;
}

function expanded(folder: string, platform: string) {
  const findImage = imagesOfModules(folder, { platform, variables: VARIABLES });
  return readManifest(join(folder, TEMPLATE), { variables: VARIABLES, findImage });
}

describe('tools of IoT Edge', function () {
  this.timeout(120_000);
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'iot-edge-'));
    cpSync(join(PROJECT_FOLDER, TEMPLATE), join(folder, TEMPLATE));
    for (const name of moduleFolders(join(PROJECT_FOLDER, 'modules'))) {
      const file = join('modules', name, 'module.json');
      cpSync(join(PROJECT_FOLDER, file), join(folder, file));
    }
    cpSync(join(PROJECT_FOLDER, 'modules/Dockerfile'), join(folder, 'modules/Dockerfile'));
    // No usage data from tests.
    mkdirSync(join(folder, '.iotedgedev'));
    const setting = '[DEFAULT]\nfirsttime = no\ncollect_telemetry = no\n';
    writeFileSync(join(folder, '.iotedgedev/setting.ini'), setting);
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const platform of ['amd64', 'arm64v8']) {
    it(`iotedgedev expands the template for ${platform} to the same manifest`, () => {
      tool('iotedgedev', ['genconfig', '-f', TEMPLATE, '-P', platform], { cwd: folder });
      const text = readFileSync(join(folder, `config/deployment.${platform}.json`), 'utf8');

      assert.deepEqual(expanded(folder, platform).document, JSON.parse(text));
    });
  }

  it('iotedgedev builds each module from its Dockerfile', () => {
    const script = `
import json, sys
from iotedgedev.buildoptionsparser import BuildOptionsParser
print(json.dumps([BuildOptionsParser(options).parse_build_options() for options in json.load(sys.stdin)]))`;
    const names = moduleFolders(join(folder, 'modules'));
    const options = names.map((name) => [`--build-arg MODULE=${name}`]);

    const parsed = tool('python', ['-c', script], { cwd: folder, input: JSON.stringify(options) });

    assert.deepEqual(
      JSON.parse(parsed),
      names.map((name) => ({ buildargs: { MODULE: name } })),
    );
  });

  it('iotedgehubdev makes containers of the createOptions: read-only, with a volume and a /tmp', () => {
    const script = `
import json, sys
from iotedgehubdev.compose_parser import CreateOptionParser
print(json.dumps({k: CreateOptionParser(v).parse_create_option() for k, v in json.load(sys.stdin).items()}))`;
    const createOptions = Object.fromEntries(
      Object.entries(modulesOf(expanded(folder, 'amd64').document)).map(([id, { settings }]) => [
        id,
        JSON.parse(joinCreateOptions(settings) ?? '{}') as unknown,
      ]),
    );
    const input = JSON.stringify(createOptions);
    const services = JSON.parse(tool('python', ['-c', script], { cwd: folder, input })) as Record<
      string,
      Service
    >;

    for (const [id, service] of Object.entries(services)) {
      assert.equal(service.read_only, true, id);
      assert.deepEqual(service.cap_drop, ['ALL']);
      assert.equal(service.logging.options['max-size'], '10m');
      assert.deepEqual(service.volumes, [
        { target: '/app/state', type: 'volume', source: `iot-end-to-end-${id}` },
        { target: '/tmp', type: 'tmpfs', tmpfs: { size: 16_777_216 } },
      ]);
    }
  });

  it('hadolint finds nothing in the Dockerfile', () => {
    const file = join(PROJECT_FOLDER, 'modules/Dockerfile');

    assert.equal(tool('hadolint', ['--failure-threshold', 'ignore', file], { cwd: folder }), '');
  });

  it('each bundle’s bill of materials is valid CycloneDX', () => {
    const script = `
import json, sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
validator = JsonStrictValidator(SchemaVersion.V1_6)
problems = [validator.validate_str(bill) for bill in json.load(sys.stdin)]
sys.exit('; '.join(str(problem) for problem in problems if problem) or 0)`;
    const out = join(folder, 'bundles');
    const bundle = join(PROJECT_FOLDER, 'scripts/bundle.mjs');
    assert.equal(spawnSync(process.execPath, [bundle, '--out', out]).status, 0);
    const bills = moduleFolders(join(folder, 'modules')).map((name) =>
      readFileSync(join(out, name, 'sbom.cdx.json'), 'utf8'),
    );

    tool('python', ['-c', script], { cwd: folder, input: JSON.stringify(bills) });

    for (const bill of bills) {
      assert.match(bill, /"pkg:npm\/azure-iot-device@/);
      assert.match(bill, /"pkg:generic\/sqlite@3\.\d+\.\d+"/);
    }
  });
});

/** A service as docker-compose takes it. */
interface Service {
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly logging: { readonly options: Record<string, string> };
  readonly volumes: readonly unknown[];
}

function modulesOf(document: unknown) {
  const { modulesContent } = document as {
    modulesContent: {
      $edgeAgent: {
        'properties.desired': { modules: Record<string, { settings: Record<string, unknown> }> };
      };
    };
  };
  return modulesContent.$edgeAgent['properties.desired'].modules;
}
