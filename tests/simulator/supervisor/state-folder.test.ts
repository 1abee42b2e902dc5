import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimStateFolder, StateFolderError } from '../../../simulator/supervisor/state-folder.ts';

describe('state folder', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'state-folder-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('keeps what it holds from one start to the next', () => {
    claimStateFolder(folder, false)();
    writeFileSync(join(folder, 'kept'), '');

    claimStateFolder(folder, false)();

    assert.ok(existsSync(join(folder, 'kept')));
  });

  it('is emptied by a fresh start', () => {
    claimStateFolder(folder, false)();
    writeFileSync(join(folder, 'forgotten'), '');

    claimStateFolder(folder, true)();

    assert.ok(!existsSync(join(folder, 'forgotten')));
  });

  it('is never emptied when it holds other things', () => {
    writeFileSync(join(folder, 'thesis.txt'), 'years of work');

    assert.throws(() => claimStateFolder(folder, true), StateFolderError);
    assert.ok(existsSync(join(folder, 'thesis.txt')));
  });

  it('is refused to a second supervisor while the first one runs', () => {
    const first = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: 'pipe' });
    try {
      claimStateFolder(folder, false);
      writeFileSync(join(folder, 'supervisor.pid'), String(first.pid));

      assert.throws(() => claimStateFolder(folder, false), /already running/);
    } finally {
      first.kill();
    }
  });

  it('is taken over from a supervisor that was killed', () => {
    claimStateFolder(folder, false);
    writeFileSync(join(folder, 'supervisor.pid'), '999999999');

    assert.doesNotThrow(() => claimStateFolder(folder, false));
  });
});
