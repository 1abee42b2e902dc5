/** Shows azure-cli's own parser every command line that `npm run deploy` can come to. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { runDeploy } from '../../cloud/infra/deploy/fake-azure.ts';
import { SCENARIOS } from '../../cloud/infra/deploy/scenarios.ts';

const environment = process.env['PYTHON_ENVIRONMENT'] ?? '';
const Refusals = z.array(z.string().nullable());

/** What az says to each command line: nothing when it takes it. */
function refusals(commandLines: readonly (readonly string[])[]): (string | null)[] {
  const { status, stdout, stderr } = spawnSync(
    join(environment, 'bin/python'),
    ['tests/outside/az/parse_commands.py'],
    { input: JSON.stringify(commandLines), encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  assert.equal(status, 0, stderr);
  return Refusals.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
}

describe('azure-cli', function () {
  this.timeout(240_000);
  let folder: string;
  let commandLines: string[][];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'az-commands-'));
    // az reads a file that an argument names while it parses; the files of the runs are gone.
    const content = join(folder, 'content.json');
    writeFileSync(content, '{}');
    const seen = new Map<string, string[]>();
    for (const { commandLine, circumstances } of Object.values(SCENARIOS)) {
      const { calls } = await runDeploy(commandLine, circumstances);
      for (const { args } of calls) {
        const line = args.map((argument) => (argument.startsWith('@') ? `@${content}` : argument));
        seen.set(line.join('\0'), line);
      }
    }
    commandLines = [...seen.values()];
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('takes every command line that deploying comes to', () => {
    const answers = refusals(commandLines);
    const refused = answers.flatMap((answer, index) =>
      answer === null ? [] : [`az ${commandLines[index]?.join(' ')}\n${answer}`],
    );
    assert.deepEqual(refused, []);
    const verbs = new Set(commandLines.map((line) => line.join(' ').split(' --')[0]));
    process.stdout.write(
      `\n  az's parser took ${commandLines.length} command lines of ${verbs.size} commands\n`,
    );
    assert.ok(verbs.size > 25);
  });

  it('would refuse what it does not know', () => {
    const [option, verb, query] = refusals([
      ['group', 'create', '--name', 'x', '--location', 'y', '--colour', 'red'],
      ['stream', 'start'],
      ['group', 'show', '--name', 'x', '--query', '{id:'],
    ]);
    assert.match(option ?? '', /--colour/);
    assert.notEqual(verb, null);
    assert.match(query ?? '', /query/);
  });
});
