import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'mocha';
import { BUILT_IN_ENDPOINT, EVENT_HUBS } from '../../simulator/azure/event-hubs/namespace.ts';
import { Job } from '../../simulator/azure/stream-analytics/core/job.ts';
import { readProject } from '../../simulator/azure/stream-analytics/project-files.ts';

const FOLDER = fileURLToPath(new URL('../../cloud/stream-analytics', import.meta.url));
const PROJECT = readProject(FOLDER);
const JOBS = PROJECT.jobs.map(({ name, query }) => ({ name, job: new Job(query) }));

describe('the queries and their project', () => {
  it('read inputs and write outputs that the project has, and use each of them once', () => {
    const inputs = JOBS.flatMap(({ job }) => job.inputs);
    const outputs = JOBS.flatMap(({ job }) => job.outputs);
    assert.deepEqual(inputs.toSorted(), PROJECT.inputs.map(({ alias }) => alias).toSorted());
    assert.deepEqual(outputs.toSorted(), PROJECT.outputs.map(({ alias }) => alias).toSorted());
  });

  it('read the built-in endpoint through a consumer group of their own each', () => {
    const groups = PROJECT.inputs.map(({ consumerGroup }) => consumerGroup);
    const there = EVENT_HUBS.find(({ name }) => name === BUILT_IN_ENDPOINT)?.consumerGroups ?? [];
    assert.equal(new Set(groups).size, groups.length);
    for (const group of groups) assert.ok(there.includes(group), group);
  });

  it('write to event hubs that there are', () => {
    const there = new Set(EVENT_HUBS.map(({ name }) => name));
    for (const output of PROJECT.outputs) {
      if (output.kind === 'eventHub') assert.ok(there.has(output.hub), output.hub);
    }
  });

  it('write to Power BI only when that is switched on, and then from the very steps of the hot path', () => {
    const aliases = ({ outputs }: typeof PROJECT) =>
      outputs.filter(({ kind }) => kind === 'powerBi').map(({ alias }) => alias);
    assert.deepEqual(aliases(PROJECT), []);
    const switched = readProject(FOLDER, { powerBi: true });
    const hotPath = switched.jobs.find(({ name }) => name === 'hot-path')?.query ?? '';
    const { outputs } = new Job(hotPath, {
      knownInputs: switched.inputs.map(({ alias }) => alias),
      knownOutputs: switched.outputs.map(({ alias }) => alias),
    });
    assert.deepEqual(
      outputs.filter((alias) => alias.includes('power-bi')),
      aliases(switched),
    );
    assert.match(hotPath, /31 October 2027/);
  });

  it('wait for meters that come back after weeks, and drop only what is out of order', () => {
    assert.deepEqual(PROJECT.timePolicy, {
      lateArrivalSeconds: -1,
      outOfOrderSeconds: 30,
      action: 'Drop',
    });
  });
});
