/** The commands of docs/lab.md, run in their order, and what the guide says one sees. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import { npmStart, type StartedCommand } from '../support/npm-start.ts';
import { PROJECT_FOLDER } from '../support/project-folder.ts';

interface Step {
  readonly title: string;
  readonly command: string;
  /** Lines that must appear in this order; `…` stands for anything. */
  readonly seen: readonly string[];
}

const START = 'npm start -- --manual';
/** Commands that only look may be repeated until they show what the guide says. */
const LOOKS = /^npm run (-s )?(azure -- (status|peek|blobs|mails)|meter -- show|cold-path)/;

const steps = stepsOf(readFileSync(join(PROJECT_FOLDER, 'docs/lab.md'), 'utf8'));

describe('docs/lab.md', function () {
  this.timeout(120_000);
  let folder: string;
  let started: StartedCommand | undefined;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'lab-'));
  });
  after(async () => {
    started?.child.kill('SIGTERM');
    await started?.ended();
    rmSync(folder, { recursive: true, force: true });
  });

  it('begins with the system, its steps left to the reader', () => {
    assert.equal(steps[0]?.command, START);
    assert.ok(steps.length > 20, `${steps.length} commands`);
  });

  for (const { title, command, seen } of steps) {
    it(`${title}: ${command}`, async () => {
      if (command === START) {
        started = npmStart('--manual', '--free-ports', '--state', join(folder, 'state'));
        await started.says(/Ctrl-C stops everything/);
        assertSeen(seen, started.output());
        return;
      }
      const attempt = async () => assertSeen(seen, await run(command, folder));
      await (LOOKS.test(command) ? eventually(attempt, 60_000) : attempt());
    });
  }
});

/** The commands of all `console` blocks, with what stands below each. */
function stepsOf(guide: string): Step[] {
  const steps: { title: string; command: string; seen: string[] }[] = [];
  let title = '';
  let inConsole = false;
  for (const line of guide.split('\n')) {
    if (line.startsWith('## ')) title = line.slice(3);
    else if (line.startsWith('```')) inConsole = line === '```console';
    else if (inConsole && line.startsWith('$ '))
      steps.push({ title, command: line.slice(2), seen: [] });
    else if (inConsole) steps.at(-1)?.seen.push(line);
  }
  return steps;
}

/** Runs a line of the guide in a shell whose `npm run` takes the test's system and folder. */
async function run(command: string, folder: string): Promise<string> {
  const npm = `npm() {
    shift; [ "$1" = -s ] && shift
    local name="$1"; shift; [ "$1" = -- ] && shift
    "${process.execPath}" "${join(PROJECT_FOLDER, 'scripts/start.mjs')}" "$name" "$@" --state "${folder}/state"
  }`;
  const child = spawn('bash', ['-c', `${npm}\n${command}`], { cwd: folder });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  await new Promise((resolve) => child.on('close', resolve));
  return output;
}

function assertSeen(expected: readonly string[], output: string): void {
  const lines = output.split('\n');
  let from = 0;
  for (const line of expected) {
    const pattern = new RegExp(line.trim().split('…').map(escaped).join('.*'));
    const at = lines.findIndex((shown, index) => index >= from && pattern.test(shown));
    assert.notEqual(at, -1, `"${line}" is not seen in:\n${output}`);
    from = at + 1;
  }
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
