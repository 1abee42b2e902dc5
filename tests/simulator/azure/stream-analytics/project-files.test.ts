import assert from 'node:assert/strict';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { readProject } from '../../../../simulator/azure/stream-analytics/project-files.ts';

const PROJECT = fileURLToPath(new URL('../../../../cloud/stream-analytics', import.meta.url));

describe('project files', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'asa-'));
    await cp(PROJECT, folder, { recursive: true });
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  const put = (file: string, content: unknown) =>
    writeFile(join(folder, file), typeof content === 'string' ? content : JSON.stringify(content));

  it('give the jobs, their inputs and outputs, and the time policy', () => {
    const { jobs, inputs, outputs, timePolicy } = readProject(folder);
    assert.deepEqual(
      jobs.map(({ name }) => name),
      ['alerts', 'cold-path', 'hot-path'],
    );
    assert.equal(inputs.length, 5);
    assert.equal(outputs.length, 9);
    assert.deepEqual(timePolicy, {
      lateArrivalSeconds: -1,
      outOfOrderSeconds: 30,
      action: 'Drop',
    });
  });

  it('wait indefinitely for late events when the job does not say', async () => {
    await put('JobConfig.json', { ScriptType: 'JobConfig' });
    assert.deepEqual(readProject(folder).timePolicy, {
      lateArrivalSeconds: -1,
      outOfOrderSeconds: 0,
      action: 'Adjust',
    });
  });

  it('are refused by name when they are no JSON, missing or of an unsupported kind', async () => {
    await put('Outputs/Archive.json', '{');
    assert.throws(() => readProject(folder), /Archive\.json cannot be read/);
    await put('Outputs/Archive.json', { Name: 'archive', DataSourceType: 'Power BI' });
    assert.throws(() => readProject(folder), /Archive\.json is not usable/);
    await rm(join(folder, 'Outputs/Archive.json'));
    assert.throws(() => readProject(folder), /Archive\.json cannot be read/);
  });
});
