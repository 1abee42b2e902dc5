import assert from 'node:assert/strict';
import type { Services } from '../../../cloud/function/src/services.ts';
import { trimTables } from '../../../cloud/function/src/trim.ts';
import { memoryLog, START_MS } from './support.ts';

const MINUTE_MS = 60_000;

describe('trimming', () => {
  it('ends after a minute and goes on elsewhere an hour later, so that no site is left out', async () => {
    const sites = ['a', 'b', 'c'];
    const visited: string[] = [];
    let nowMs = START_MS;
    const services: Pick<Services, 'refused' | 'oldRows' | 'nowMs'> = {
      refused: { keep: () => Promise.resolve(), trim: () => Promise.resolve(0) },
      oldRows: {
        remove: async (siteId) => {
          visited.push(siteId);
          nowMs += 2 * MINUTE_MS;
          return 1;
        },
      },
      nowMs: () => nowMs,
    };
    const index = { ...noIndex(), all: () => Promise.resolve(sites) };
    for (const _ of sites) {
      assert.equal(await trimTables({ ...services, index }, memoryLog()), 1);
      nowMs += 58 * MINUTE_MS;
    }

    assert.deepEqual(visited.toSorted(), sites);
  });
});

function noIndex(): Services['index'] {
  const unused = (): Promise<never> => Promise.reject(new Error('trimming does not use it'));
  return {
    makeDue: unused,
    noteHeard: unused,
    due: unused,
    all: unused,
    putOff: unused,
    noteWatching: unused,
  };
}
