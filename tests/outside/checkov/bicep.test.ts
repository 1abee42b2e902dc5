/** The templates, looked at by checkov and by two parsers. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

const environment = process.env['PYTHON_ENVIRONMENT'] ?? '';
const INFRA = 'cloud/infra';

const Check = z.object({
  check_id: z.string(),
  check_name: z.string().nullish(),
  file_path: z.string(),
  resource: z.string(),
  check_result: z.object({ suppress_comment: z.string().nullish() }),
});
const Report = z.object({
  summary: z.object({
    passed: z.number(),
    failed: z.number(),
    skipped: z.number(),
    parsing_errors: z.number(),
  }),
  results: z.object({
    failed_checks: z.array(Check),
    skipped_checks: z.array(Check),
  }),
});

/** What checkov finds in a copy of `cloud/infra`. */
function checkov(folder: string): z.infer<typeof Report> {
  const { stdout, stderr } = spawnSync(
    join(environment, 'bin/checkov'),
    [
      ['--directory', folder, '--config-file', join(INFRA, '.checkov.yaml')],
      ['--framework', 'bicep', '--skip-download', '--output', 'json'],
    ].flat(),
    { encoding: 'utf8', maxBuffer: 1 << 27 },
  );
  const start = stdout.indexOf('{');
  assert.notEqual(start, -1, stderr.slice(-2_000));
  return Report.parse(JSON.parse(stdout.slice(start)));
}

/** Paths of all templates. */
function templates(): string[] {
  return readdirSync(INFRA, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.bicep'))
    .map((path) => join(INFRA, path));
}

const Syntax = z.array(
  z.object({
    path: z.string(),
    faults: z.array(z.number()),
    resources: z.array(z.string()),
    modules: z.array(z.string()),
  }),
);

describe('the Bicep templates', function () {
  this.timeout(240_000);

  it('fit the grammar, and checkov reads each resource and module in them', () => {
    const { stdout, stderr } = spawnSync(
      join(environment, 'bin/python'),
      ['tests/outside/checkov/syntax.py', ...templates()],
      { encoding: 'utf8' },
    );
    assert.notEqual(stdout, '', stderr);
    const files = Syntax.parse(JSON.parse(stdout));
    for (const { path, faults, resources, modules } of files) {
      assert.deepEqual(faults, [], `${path} has lines that do not fit the grammar`);
      const source = readFileSync(path, 'utf8');
      const declared = (kind: string) =>
        [...source.matchAll(new RegExp(`^${kind} (\\w+) `, 'gm'))]
          .map(([, name = '']) => name)
          .toSorted();
      assert.deepEqual(resources, declared('resource'), path);
      assert.deepEqual(modules, declared('module'), path);
    }
    assert.ok(files.length >= 20);
  });

  it('have no finding of checkov that is neither fixed nor explained', () => {
    const { summary, results } = checkov(INFRA);
    process.stdout.write(
      `\n  checkov: ${summary.passed} passed, ${summary.failed} failed, ${summary.skipped} explained\n`,
    );
    assert.deepEqual(
      results.failed_checks.map(
        (c) => `${c.check_id} ${c.file_path} ${c.resource}: ${c.check_name}`,
      ),
      [],
    );
    assert.equal(summary.parsing_errors, 0);
    assert.ok(summary.passed > 50);
    // An explanation that explains nothing would outlive its reason.
    const explained = results.skipped_checks.map(
      (c) => `${c.check_id} ${c.file_path.replace(/^\//, '')}`,
    );
    const written = templates().flatMap((path) =>
      [...readFileSync(path, 'utf8').matchAll(/checkov:skip=(\w+): \S/g)].map(
        ([, id]) => `${id} ${path.slice(INFRA.length + 1)}`,
      ),
    );
    assert.deepEqual(written.toSorted(), explained.toSorted());
  });

  it('would not pass with an account that anybody may read', () => {
    const folder = mkdtempSync(join(tmpdir(), 'bicep-'));
    try {
      cpSync(join(INFRA, 'services'), folder, { recursive: true });
      const path = join(folder, 'storage.bicep');
      const weaker = readFileSync(path, 'utf8')
        .replaceAll('allowBlobPublicAccess: false', 'allowBlobPublicAccess: true')
        .replaceAll("minimumTlsVersion: 'TLS1_2'", "minimumTlsVersion: 'TLS1_0'");
      writeFileSync(path, weaker);
      const ids = checkov(folder).results.failed_checks.map(({ check_id: id }) => id);
      assert.ok(ids.includes('CKV_AZURE_190') || ids.includes('CKV_AZURE_44'), ids.join(', '));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
