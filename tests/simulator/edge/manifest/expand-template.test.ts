/** The rules of Microsoft's own tools, one test each. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  convertCreateOptions,
  joinCreateOptions,
} from '../../../../simulator/edge/manifest/create-options.ts';
import { expandTemplate } from '../../../../simulator/edge/manifest/expand-template.ts';
import { expandVariables } from '../../../../simulator/edge/manifest/expand-variables.ts';
import { imagesOfModules } from '../../../../simulator/edge/manifest/module-images.ts';
import { templateVariables } from '../../../../simulator/edge/manifest/template-variables.ts';
import { manifestDocument } from '../support/manifest.ts';

interface Settings {
  image: string;
  createOptions?: string;
  [piece: string]: string | undefined;
}

describe('expansion of a manifest template', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'template-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function describeModule(path: string, image: object = {}): void {
    mkdirSync(join(folder, path), { recursive: true });
    const repository = '${REGISTRY}/Averager';
    const platforms = { amd64: './Dockerfile', 'amd64.debug': './D', arm64v8: './Dockerfile' };
    const file = { image: { repository, tag: { version: '1.2.0', platforms }, ...image } };
    writeFileSync(join(folder, path, 'module.json'), JSON.stringify(file));
  }

  function expand(
    definition: Record<string, unknown>,
    variables: Record<string, string> = {},
    platform = 'amd64',
  ) {
    const document = {
      '$schema-template': '4.0.0',
      ...manifestDocument({ modules: ['one'], routes: {}, definition }),
    };
    const all = { REGISTRY: 'Lab.azurecr.io', ...variables };
    const findImage = imagesOfModules(folder, { platform, variables: all });
    const expanded = expandTemplate(JSON.stringify(document), all, findImage);
    const { modulesContent: content } = expanded.document as typeof document;
    const settings = content.$edgeAgent['properties.desired'].modules['one']
      ?.settings as unknown as Settings;
    return { ...expanded, settings };
  }

  const imageOf = (placeholder: string, variables = {}, platform = 'amd64') =>
    expand({ settings: { image: placeholder } }, variables, platform).settings.image;

  it('puts in variables with and without braces, in keys too', () => {
    const variables = { A: '1', KEY: 'name', EMPTY: '' };

    assert.equal(expandVariables('$A${A}-$KEY: "$EMPTY"', variables), '11-name: ""');
    assert.equal(expandVariables('{"$KEY": "${KEY}"}', variables), '{"name": "name"}');
  });

  it('leaves undefined variables as they are', () => {
    assert.equal(expandVariables('$NONE ${NONE} $5 $', {}), '$NONE ${NONE} $5 $');
  });

  it('takes the longest name, as a shell does', () => {
    assert.equal(expandVariables('$A_B $AB ${A}B', { A: '1', A_B: '2' }), '2 $AB 1B');
  });

  it('keeps $edgeAgent, $edgeHub and $upstream, whatever the environment has', () => {
    const text = '$edgeAgent $edgeHub $upstream $connectionModuleId';
    const variables = { edgeAgent: 'x', edgeHub: 'x', upstream: 'x', connectionModuleId: 'x' };

    assert.equal(expandVariables(text, variables), text);
  });

  it('writes a value so that the file stays JSON', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        assert.deepEqual(JSON.parse(expandVariables('{"a": "${V}"}', { V: value })), { a: value });
      }),
    );
  });

  it('takes variables from .env, below the environment and above the defaults', () => {
    assert.equal(templateVariables(folder, {})['EDGE_RUNTIME_VERSION'], '1.6');
    writeFileSync(join(folder, '.env'), 'EDGE_RUNTIME_VERSION=1.5\nA="written here"\nB=here\n');
    const variables = templateVariables(folder, { B: 'environment' });

    assert.equal(variables['EDGE_RUNTIME_VERSION'], '1.5');
    assert.equal(variables['A'], 'written here');
    assert.equal(variables['B'], 'environment');
  });

  it('makes ${MODULES.folder} the image of the platform', () => {
    describeModule('modules/one');

    assert.equal(imageOf('${MODULES.one}'), 'lab.azurecr.io/averager:1.2.0-amd64');
    assert.equal(imageOf('${MODULES.one}', {}, 'arm64v8'), 'lab.azurecr.io/averager:1.2.0-arm64v8');
  });

  it('makes ${MODULES.folder.platform} the image of that platform', () => {
    describeModule('modules/one');

    assert.equal(imageOf('${MODULES.one.arm64v8}'), 'lab.azurecr.io/averager:1.2.0-arm64v8');
    assert.equal(imageOf('${MODULES.one.debug}'), 'lab.azurecr.io/averager:1.2.0-amd64.debug');
    assert.equal(
      imageOf('${MODULES.one.amd64.debug}'),
      'lab.azurecr.io/averager:1.2.0-amd64.debug',
    );
  });

  it('makes ${MODULEDIR<path>} the image of a folder anywhere', () => {
    describeModule('elsewhere/deep/meter');

    const base = 'lab.azurecr.io/averager:1.2.0';
    assert.equal(imageOf('${MODULEDIR<elsewhere/deep/meter>}'), `${base}-amd64`);
    assert.equal(imageOf('${MODULEDIR<./elsewhere/deep/meter>.arm64v8}'), `${base}-arm64v8`);
  });

  it('puts CONTAINER_TAG between version and platform', () => {
    describeModule('modules/one');

    assert.equal(
      imageOf('${MODULES.one}', { CONTAINER_TAG: '77' }),
      'lab.azurecr.io/averager:1.2.0-77-amd64',
    );
  });

  it('leaves an unknown module, platform or folder, and says where', () => {
    describeModule('modules/one');

    for (const image of ['${MODULES.two}', '${MODULES.one.riscv}', '${MODULEDIR<none>}']) {
      const { settings, problems } = expand({ settings: { image } });
      assert.equal(settings.image, image);
      assert.match(problems.join(), /modules\.one\.settings\.image: .* is not defined/);
    }
  });

  it('leaves an image that is named in full', () => {
    assert.equal(imageOf('mcr.microsoft.com/x:1'), 'mcr.microsoft.com/x:1');
  });

  it('names a module.json that describes no image', () => {
    describeModule('modules/one', { repository: 7 });

    assert.throws(() => imageOf('${MODULES.one}'), /modules\/one\/module\.json does not describe/);
  });

  it('writes createOptions as one line of JSON, of system modules too', () => {
    const createOptions = { HostConfig: { Binds: ['a:/b'], Memory: 5 }, name: 'Zähler' };
    const { settings } = expand({ settings: { image: 'x', createOptions } });

    assert.equal(
      settings.createOptions,
      '{"HostConfig":{"Binds":["a:/b"],"Memory":5},"name":"Z\\u00e4hler"}',
    );
  });

  it('cuts createOptions into pieces of 512 characters that join to the same', function () {
    this.timeout(20_000);
    const text = fc.string({ maxLength: 2000, unit: 'binary' });
    fc.assert(
      fc.property(text, (value) => {
        const converted = convertCreateOptions({ image: 'x', createOptions: value });
        if ('problem' in converted) return assert.fail(converted.problem);
        assert.equal(joinCreateOptions(converted.settings), value);
        for (const piece of Object.values(converted.settings)) {
          assert.ok(Array.from(String(piece)).length <= 512);
        }
      }),
      { numRuns: 25 },
    );
    const long = convertCreateOptions({ createOptions: 'x'.repeat(1025) });
    assert.ok('settings' in long);
    assert.deepEqual(Object.keys(long.settings), [
      'createOptions',
      'createOptions01',
      'createOptions02',
    ]);
  });

  it('refuses createOptions of more than eight pieces', () => {
    assert.ok('settings' in convertCreateOptions({ createOptions: 'x'.repeat(4096) }));
    const { problems } = expand({ settings: { image: 'x', createOptions: 'x'.repeat(4097) } });

    assert.match(problems.join(), /modules\.one\.settings: createOptions have 4097 .* 4096 fit/);
  });

  it('drops the version of the template', () => {
    assert.ok(!('$schema-template' in (expand({}).document as object)));
  });

  it('drops credentials of a registry whose user and password are not set', () => {
    const agent = (variables: Record<string, string>) => {
      const registry = { username: '${USER_}', password: '${PASSWORD_}', address: 'lab' };
      const document = manifestDocument({ modules: [], routes: {} });
      const { settings } = document.modulesContent.$edgeAgent['properties.desired'].runtime;
      Object.assign(settings, { registryCredentials: { registry } });
      return expandTemplate(JSON.stringify(document), variables, () => undefined);
    };

    assert.doesNotMatch(JSON.stringify(agent({}).document), /"registry":/);
    assert.deepEqual(agent({}).problems, []);
    const set = agent({ USER_: 'puller', PASSWORD_: 'secret' });
    assert.match(JSON.stringify(set.document), /"username":"puller","password":"secret"/);
    assert.match(agent({ USER_: 'puller' }).problems.join(), /\$\{PASSWORD_\} is not defined/);
  });
});
