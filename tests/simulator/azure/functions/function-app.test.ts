import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const LOADER = fileURLToPath(new URL('loading-app.ts', import.meta.url));
const PACKAGES = fileURLToPath(new URL('../../../../node_modules', import.meta.url));

describe('Functions app', function () {
  this.timeout(30_000);
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'iot-end-to-end-'));
    await symlink(PACKAGES, join(folder, 'node_modules'));
  });

  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  /** Loads an app of one script, in a process of its own, and calls each function once. */
  async function load(name: string, script: string): Promise<unknown> {
    await mkdir(join(folder, name));
    const code = `import { app, output } from '@azure/functions';\n${script}\n`;
    await writeFile(join(folder, name, 'app.js'), code);
    await writeFile(join(folder, name, 'package.json'), '{ "type": "module" }');
    const args = ['--import', 'tsx', LOADER, join(folder, name)];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return JSON.parse(stdout);
  }

  it('is loaded through the real library; each function gets its trigger, and may fail', async () => {
    const outcome = await load(
      'plain',
      `app.timer('late', { schedule: '* * * * * *', handler: (timer, context) => {
         if (!timer.isPastDue || context.functionName !== 'late') throw new Error('wrong input');
       } });
       app.timer('broken', { schedule: '* * * * * *', handler: () => { throw new Error('no'); } });`,
    );

    assert.deepEqual(outcome, { results: ['late ok', 'broken failed: no'] });
  });

  it('that uses what the host does not play is refused by name', async () => {
    const [outputs, hooks] = await Promise.all([
      load(
        'outputs',
        `const queue = output.storageQueue({ queueName: 'q', connection: 'C' });
         app.timer('writer', { schedule: '* * * * * *', extraOutputs: [queue], handler() {} });`,
      ),
      load('hooks', `app.hook.preInvocation(() => {});`),
    ]);

    assert.deepEqual(outputs, { message: 'the local host plays no queue binding (writer)' });
    assert.deepEqual(hooks, {
      message: 'the local Functions host plays no hooks: preInvocation',
    });
  });

  it('that registers nothing is refused with the remedy', async () => {
    const outcome = await load('empty', '');

    assert.match(JSON.stringify(outcome), /registers no function: build the project/);
  });
});
