/** `npm run meter` as its users run it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_FOLDER } from '../../support/project-folder.ts';
import { compiled } from '../../support/compiled.ts';
import { testSettings, type TestSettings } from '../../support/settings.ts';

const HEADER = 'number,meter,from,to,kind,size';

describe('npm run meter', function () {
  this.timeout(20_000);
  let made: TestSettings;

  beforeEach(async () => {
    made = await testSettings();
    const { settings } = made;
    writeFileSync(join(settings.stateFolder, 'settings.json'), JSON.stringify(settings));
  });

  afterEach(() => made.cleanup());

  function run(...words: string[]) {
    const script = compiled('simulator/commands/meter.ts');
    const all = [script, ...words, '--state', made.settings.stateFolder];
    const { status, stdout, stderr } = spawnSync(process.execPath, all, {
      cwd: PROJECT_FOLDER,
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  }

  it('prints the ground truth of the virtual meters, the oldest line first', () => {
    assert.match(run('truth').stderr, /nothing to tell yet/);

    const folder = join(made.settings.stateFolder, 'modules', 'meter-simulator');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'ground-truth.1.csv'), `${HEADER}\n1,m,,,spike,20\n`);
    writeFileSync(join(folder, 'ground-truth.csv'), `${HEADER}\n2,m,,,dip,-20\n`);
    const { status, stdout } = run('truth');
    assert.equal(status, 0);
    assert.equal(stdout, `${HEADER}\n1,m,,,spike,20\n2,m,,,dip,-20\n`);
  });
});
