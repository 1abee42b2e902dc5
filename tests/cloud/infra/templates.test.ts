import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { resourceNames } from '../../../cloud/infra/deploy/core/names.ts';
import { tagsOf } from '../../../cloud/infra/deploy/core/tags.ts';
import { loopVariables, readBicep, type BicepFile } from '../../support/bicep.ts';

const INFRA = 'cloud/infra';
const paths = readdirSync(INFRA, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.bicep'))
  .map((path) => join(INFRA, path));
const files = paths.map(readBicep);
const main = fileOf('main.bicep');

function fileOf(name: string): BicepFile {
  const found = files.find(({ path }) => path.endsWith(`/${name}`));
  assert.ok(found, name);
  return found;
}

describe('the templates of cloud/infra', () => {
  for (const file of files) {
    const { path, code, params, modules, symbols, references } = file;

    describe(path, () => {
      it('uses what it declares, and declares what it uses', () => {
        const known = [...symbols, ...loopVariables(code), 'az'];
        assert.deepEqual(
          [...references].filter((name) => !known.includes(name)),
          [],
          'not declared',
        );
        const used = symbols.filter(
          (name) =>
            references.has(name) || new RegExp(`^(resource|module) ${name} `, 'm').test(code),
        );
        assert.deepEqual(
          symbols.filter((name) => !used.includes(name)),
          [],
          'not used',
        );
      });

      it('describes every parameter', () => {
        const declared = [...code.matchAll(/^param (\w+)/gm)].map(([, name]) => name);
        assert.deepEqual(
          params.map(({ name }) => name),
          declared,
        );
        assert.deepEqual(
          params.filter(({ description }) => description === ''),
          [],
        );
      });

      it('gives each module what it requires, and nothing that it does not know', () => {
        for (const module of modules) {
          const target = readBicep(module.path);
          const known = target.params.map(({ name }) => name);
          assert.deepEqual(
            module.params.filter((name) => !known.includes(name)),
            [],
            `${module.name}: unknown`,
          );
          const missing = target.params.filter(
            ({ name, required }) => required && !module.params.includes(name),
          );
          assert.deepEqual(missing, [], `${module.name}: missing`);
        }
      });

      it('reads outputs that are there', () => {
        for (const [, name = '', output = ''] of code.matchAll(/(\w+)\.outputs\.(\w+)/g)) {
          const module = modules.find((one) => one.name === name);
          assert.ok(module, `${name} is no module`);
          assert.ok(readBicep(module.path).outputs.includes(output), `${name}.outputs.${output}`);
        }
      });

      it('loads files that are there', () => {
        for (const [, target = ''] of file.source.matchAll(/load\w+Content\('([^']+)'\)/g)) {
          assert.ok(existsSync(join(dirname(path), target)), target);
        }
      });

      it('gives no key away: none is an output, and secrets are secure parameters', () => {
        for (const line of file.source.split('\n').filter((text) => text.startsWith('output '))) {
          assert.doesNotMatch(line, /listKeys|connectionString|password|secret|sharedAccess/i);
        }
        for (const { name, secure } of params) {
          if (/password|secret|Key$/i.test(name)) assert.ok(secure, `${name} is not secure`);
        }
      });

      it('tags everything that can be tagged', () => {
        const TAGGED = /^ {2}location: /m;
        for (const [, name, body = ''] of code.matchAll(
          /^resource (\w+) [^\n]*\{\n([\s\S]*?)\n\}/gm,
        )) {
          if (TAGGED.test(body)) assert.match(body, /^ {2}tags: tags$/m, `${name} has no tags`);
        }
      });
    });
  }

  it('are all used by main.bicep, directly or not', () => {
    const used = new Set<string>();
    const follow = (file: BicepFile): void => {
      for (const { path } of file.modules) {
        used.add(path);
        follow(readBicep(path));
      }
    };
    follow(main);
    const unused = paths.filter((path) => path !== main.path && !used.has(path));
    assert.deepEqual(unused, []);
  });

  it('name things as the deploy command does', () => {
    const parts = { environment: 'lab', suffix: 'abc123' };
    const block = /^var names = \{\n([\s\S]*?)^\}/m.exec(main.source)?.[1] ?? '';
    const names = [...block.matchAll(/^ {2}(\w+): '(.*)'$/gm)].map(([, name = '', text = '']) => [
      name,
      text
        .replaceAll('${base}', `iot-${parts.environment}-${parts.suffix}`)
        .replaceAll('${environment}', parts.environment)
        .replaceAll('${suffix}', parts.suffix),
    ]);
    assert.deepEqual(Object.fromEntries(names), resourceNames(parts));
    assert.match(main.source, /^var base = 'iot-\$\{environment\}-\$\{suffix\}'$/m);
  });

  it('tag things as the deploy command looks for them', () => {
    const block = /^var tags = \{\n([\s\S]*?)^\}/m.exec(main.source)?.[1] ?? '';
    const tags = [...block.matchAll(/^ {2}'?([\w-]+)'?: (.*)$/gm)].map(
      ([, name = '', text = '']) => [
        name,
        text === 'environment' ? 'lab' : text.replaceAll("'", ''),
      ],
    );
    assert.deepEqual(Object.fromEntries(tags), tagsOf('lab'));
  });

  it('leave Power BI off, and say until when it works at all', () => {
    assert.match(main.source, /^param powerBiOutput bool = false$/m);
    const param = main.params.find(({ name }) => name === 'powerBiOutput');
    assert.match(param?.description ?? '', /31 October 2027/);
  });

  for (const environment of ['lab', 'fleet']) {
    it(`get from ${environment}.bicepparam what they require, by names that the deploy command sets`, () => {
      const source = readFileSync(join(INFRA, 'environments', `${environment}.bicepparam`), 'utf8');
      assert.match(source, /^using '\.\.\/main\.bicep'$/m);
      const given = [...source.matchAll(/^param (\w+) = /gm)].map(([, name]) => name);
      const known = main.params.map(({ name }) => name);
      assert.deepEqual(
        given.filter((name) => !known.includes(name ?? '')),
        [],
      );
      const missing = main.params.filter(({ name, required }) => required && !given.includes(name));
      assert.deepEqual(missing, []);
      const read = [...source.matchAll(/readEnvironmentVariable\('(\w+)'/g)].map(
        ([, name = '']) => name,
      );
      const run = readFileSync(join(INFRA, 'deploy/template-run.ts'), 'utf8');
      const set = [...run.matchAll(/^ +(IOT_\w+):/gm)].map(([, name = '']) => name);
      assert.deepEqual([...new Set(read)].toSorted(), set.toSorted());
    });
  }
});
