import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { Job } from '../../../simulator/azure/stream-analytics/core/job.ts';
import { readProject } from '../../../simulator/azure/stream-analytics/project-files.ts';
import { event, START_MS } from '../../simulator/azure/stream-analytics/events.ts';

const PROJECT = fileURLToPath(new URL('../../../cloud/stream-analytics', import.meta.url));
const { jobs, timePolicy } = readProject(PROJECT);

const time = fc
  .integer({ min: -3_600, max: 3_600 })
  .map((seconds) => new Date(START_MS + seconds * 1_000).toISOString());
const id = fc.constantFrom('Meter01', 'gateway-01');
const odd = fc.jsonValue({ maxDepth: 3 });
const payload = fc.record(
  {
    id: fc.oneof(id, odd),
    time: fc.oneof(time, odd),
    temp: fc.oneof(fc.double(), odd),
    seq: fc.oneof(fc.nat(), odd),
    recent: odd,
    usual: odd,
  },
  { requiredKeys: [] },
);
const user = fc.record(
  {
    kind: fc.oneof(fc.constantFrom('telemetry', 'average', 'anomaly'), fc.string()),
    gateway: fc.oneof(id, fc.string()),
  },
  { requiredKeys: [] },
);

describe('the deployed queries', function () {
  this.timeout(10_000);

  for (const { name, query } of jobs) {
    it(`are stopped by nothing that an event can hold: ${name}`, () => {
      fc.assert(
        fc.property(fc.array(fc.tuple(payload, user, id), { maxLength: 20 }), (events) => {
          const job = new Job(query, { timePolicy });
          for (const [body, properties, device] of events) {
            for (const alias of job.inputs) {
              job.push(alias, event(body, { device, user: properties }));
            }
          }
          job.end();
          job.takeStateChanges();
          assert.ok([...job.takeOutput().keys()].every((alias) => job.outputs.includes(alias)));
        }),
        { numRuns: 50 },
      );
    });
  }
});
