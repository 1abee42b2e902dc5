import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'mocha';

const SCRIPT = fileURLToPath(new URL('check_formats.py', import.meta.url));
const FOLDER = fileURLToPath(new URL('../../../cloud/databricks', import.meta.url));

describe('files for Databricks', function () {
  this.timeout(60_000);

  for (const what of ['notebook', 'job', 'resources']) {
    it(`hold to their format: ${what}`, () => {
      const python = join(process.env['PYTHON_ENVIRONMENT'] ?? '', 'bin/python');
      const { status, stderr } = spawnSync(python, [SCRIPT, what, FOLDER], { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
    });
  }
});
