import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readManifest } from '../../../../simulator/edge/manifest/read-manifest.ts';
import { into, manifestDocument } from '../support/manifest.ts';

/** Variables, among them images by their placeholders. */
const contextOf = (variables: Record<string, string> = {}) => ({
  variables,
  findImage: (placeholder: string) => variables[placeholder],
});

describe('deployment manifest', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'manifest-'));
    file = join(folder, 'deployment.template.json');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function read(manifest: Parameters<typeof manifestDocument>[0], variables = {}) {
    writeFileSync(file, JSON.stringify(manifestDocument(manifest)));
    return readManifest(file, contextOf(variables));
  }

  /** The problem that reading reports. */
  function problemOf(text: string, variables = {}): string {
    writeFileSync(file, text);
    try {
      readManifest(file, contextOf(variables));
    } catch (error) {
      assert.ok(error instanceof Error);
      assert.equal((error as Error & { code?: string }).code, 'INVALID_MANIFEST');
      assert.ok(error.message.startsWith(`${file} is not a usable deployment manifest`));
      return error.message;
    }
    return assert.fail('the manifest was accepted');
  }

  const one = { modules: ['one'], routes: {} };

  it('is expanded before it is read', () => {
    const definition = {
      env: { A: { value: '${A}-$B' } },
      settings: { image: '${MODULES.one.amd64}' },
    };
    const [module] = read(
      { ...one, definition },
      { A: 'x', 'MODULES.one.amd64': '/one/main.js' },
    ).modules;

    assert.equal(module?.image, '/one/main.js');
    assert.deepEqual(module.environment, { A: 'x-$B' });
  });

  it('gives a module that says nothing the defaults of edgeAgent', () => {
    const [module] = read({
      ...one,
      definition: { status: undefined, restartPolicy: undefined },
    }).modules;

    assert.equal(module?.status, 'running');
    assert.equal(module.restartPolicy, 'on-unhealthy');
    assert.equal(module.startupOrder, 4_294_967_295);
  });

  it('orders modules by their startup order', () => {
    const document = manifestDocument({ modules: ['a', 'b', 'c'], routes: {} });
    const { modules } = document.modulesContent.$edgeAgent['properties.desired'];
    Object.assign(modules['a'] ?? {}, { settings: { image: 'a' }, startupOrder: 2 });
    modules['b'] = { ...modules['a'], startupOrder: 1 } as never;
    writeFileSync(file, JSON.stringify(document));

    const ids = readManifest(file, contextOf()).modules.map(({ id }) => id);

    assert.ok(ids.indexOf('b') < ids.indexOf('a'));
  });

  it('takes routes as texts and as objects, with priority and time to live', () => {
    const { routes } = read({
      modules: ['one'],
      routes: {
        plain: `FROM /messages/* ${into('one', 'in')}`,
        rich: { route: 'FROM /messages/* INTO $upstream', priority: 3, timeToLiveSecs: 60 },
        zero: { route: 'FROM /messages/* INTO $upstream', timeToLiveSecs: 0 },
      },
    });

    assert.deepEqual(
      routes.map(({ name, priority, timeToLiveSeconds }) => [name, priority, timeToLiveSeconds]),
      [
        ['plain', 2_000_000_000, 7200],
        ['rich', 3, 60],
        ['zero', 2_000_000_000, 7200],
      ],
    );
  });

  it('never lets a message expire when the global time to live is negative', () => {
    const document = manifestDocument({ ...one, routes: { r: 'FROM /* INTO $upstream' } });
    document.modulesContent.$edgeHub['properties.desired'].storeAndForwardConfiguration = {
      timeToLiveSecs: -1,
    };
    writeFileSync(file, JSON.stringify(document));

    assert.equal(readManifest(file, contextOf()).routes[0]?.timeToLiveSeconds, undefined);
  });

  it('keeps the desired properties as they are written', () => {
    const desired = { one: { 'properties.desired': { windowSeconds: 300 } } };

    assert.deepEqual(read({ ...one, desired }).desiredProperties['one'], { windowSeconds: 300 });
  });

  it('names a file that is not there', () => {
    assert.throws(
      () => readManifest(join(folder, 'none.json'), contextOf()),
      /none\.json.*cannot be read/s,
    );
  });

  it('names line and column of what is not JSON', () => {
    assert.match(problemOf('{\n  "modulesContent": {,\n}'), /not JSON \(line 2, column 22\)/);
  });

  it('names the place of what is not defined, and the remedy', () => {
    const definition = {
      env: { A: { value: '${UNSET}' } },
      settings: { image: '${MODULES.typo}' },
    };
    const problem = problemOf(JSON.stringify(manifestDocument({ ...one, definition })));

    assert.match(problem, /modules\.one\.settings\.image: \$\{MODULES\.typo\} is not defined/);
    assert.match(problem, /modules\.one\.env\.A\.value: \$\{UNSET\} is not defined\. .*\.env/);
  });

  it('refuses createOptions that are no JSON object', () => {
    for (const createOptions of ['no JSON', '[]', '"text"']) {
      const definition = { settings: { image: 'one', createOptions } };
      assert.match(
        problemOf(JSON.stringify(manifestDocument({ ...one, definition }))),
        /modules\.one\.settings\.createOptions: must be JSON|must be a JSON object/,
      );
    }
  });

  it('refuses fields that edgeAgent does not know', () => {
    const definition = { restartpolicy: 'never', settings: { image: 'one', createoptions: '{}' } };
    const problem = problemOf(JSON.stringify(manifestDocument({ ...one, definition })));

    assert.match(problem, /modules\.one: .*restartpolicy/);
    assert.match(problem, /modules\.one\.settings\.createoptions: is not a setting of a module/);
  });

  it('refuses desired properties that no twin can hold', () => {
    const desired = { one: { 'properties.desired': { text: Array(9).fill('x'.repeat(4096)) } } };

    assert.match(
      problemOf(JSON.stringify(manifestDocument({ ...one, desired }))),
      /modulesContent\.one\["properties\.desired"\]: IoT Hub would refuse the twin/,
    );
  });

  it('names route, place and remedy of a route that does not parse', () => {
    const routes = { up: 'FROM /messages/* WHERE temp > 70 INTO $upstream' };
    const problem = problemOf(JSON.stringify(manifestDocument({ ...one, routes })));

    assert.match(
      problem,
      /\$edgeHub\["properties\.desired"\]\.routes\.up: route up: .* character 29\. .*as_number/,
    );
  });

  it('names a route to a module that is not deployed', () => {
    const routes = { r: `FROM /messages/* ${into('averagr', 'in')}` };

    assert.match(
      problemOf(JSON.stringify(manifestDocument({ ...one, routes }))),
      /leads to the module averagr, which is not in the manifest. There are: one\./,
    );
  });

  it('reports every problem at once', () => {
    const routes = { a: 'FROM', b: 'INTO', c: 'FROM /* INTO $upstream' };

    assert.equal(
      problemOf(JSON.stringify(manifestDocument({ ...one, routes }))).split('\n- ').length,
      3,
    );
  });

  it('names the field that has a wrong value', () => {
    const definition = { restartPolicy: 'sometimes', startupOrder: -1 };
    const problem = problemOf(JSON.stringify(manifestDocument({ ...one, definition })));

    assert.match(problem, /modules\.one\.restartPolicy: /);
    assert.match(problem, /modules\.one\.startupOrder: /);
    assert.match(problemOf('{}'), /modulesContent: /);
    assert.match(problemOf('[]'), /the document: /);
  });
});
