import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'mocha';
import { parseColdPathOptions } from '../../../../simulator/commands/cold-path/options.ts';
import { compiled } from '../../../support/compiled.ts';

const PROJECT = fileURLToPath(new URL('../../../..', import.meta.url));
const STORAGE =
  'DefaultEndpointsProtocol=http;AccountName=lab;AccountKey=c2VjcmV0;BlobEndpoint=http://127.0.0.1:1/lab';

describe('cold-path options', () => {
  const archiveOf = (args: string[], environment = {}) =>
    parseColdPathOptions(args, environment)?.archive.name;

  it('take a folder, an address, a connection string or a variable', () => {
    assert.equal(archiveOf(['--from', 'some/folder']), resolve('some/folder'));
    assert.equal(
      archiveOf(['--from', 'https://lab.blob.core.windows.net/archive/readings?sv=1&sig=c2VjcmV0']),
      'https://lab.blob.core.windows.net/archive/readings/',
    );
    assert.equal(
      archiveOf(['--from', 'https://lab.blob.core.windows.net/archive']),
      'https://lab.blob.core.windows.net/archive/',
    );
    const fromString = archiveOf(['--from', STORAGE, '--container', 'other']);
    assert.equal(fromString, 'http://127.0.0.1:1/lab/other/');
    const variable = { AZURE_STORAGE_CONNECTION_STRING: STORAGE };
    assert.equal(archiveOf(['--from', 'storage'], variable), 'http://127.0.0.1:1/lab/archive/');
  });

  it('name what is missing', () => {
    assert.throws(() => archiveOf(['--from', 'storage']), /AZURE_STORAGE_CONNECTION_STRING/);
    assert.throws(() => archiveOf(['--state', 'nowhere']), /start the system with npm start/);
    assert.throws(() => archiveOf(['--from', 'https://lab.blob.core.windows.net']), /container/);
    assert.throws(() => archiveOf(['--form', 'x']), /--form.*--help/);
  });

  it('end in help, or in one line and exit code 1', function () {
    this.timeout(20_000);
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [compiled('simulator/commands/cold-path.ts'), ...args], {
        cwd: PROJECT,
        encoding: 'utf8',
      });
    assert.match(run('--help').stdout, /--from PLACE/);
    const { status, stderr } = run('--from', 'no/such/folder');
    assert.equal(status, 1);
    assert.match(stderr, /^.*no\/such\/folder cannot be read .*\n$/);
  });
});
