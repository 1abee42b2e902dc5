import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  FEWEST_KILLS,
  killsIn,
  planFaults,
  TARGETS,
  type PlannedFault,
} from '../../../simulator/chaos/core/fault-plan.ts';
import { TEARS } from '../../../simulator/chaos/core/torn-write.ts';

const kinds = (plan: readonly PlannedFault[]) => new Set(plan.map(({ fault }) => fault.kind));

describe('plan of faults', () => {
  it('is the same for the same seed, and another for another', () => {
    assert.deepEqual(planFaults({ kills: 50, seed: 7 }), planFaults({ kills: 50, seed: 7 }));
    assert.notDeepEqual(planFaults({ kills: 50, seed: 7 }), planFaults({ kills: 50, seed: 8 }));
  });

  it('has as many kills as asked for and every kind of fault, whatever the seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: FEWEST_KILLS, max: 300 }), fc.nat(), (kills, seed) => {
        const plan = planFaults({ kills, seed });
        const made = plan.reduce((sum, { fault }) => sum + killsIn(fault), 0);
        assert.equal(made, kills);
        assert.equal(kinds(plan).size, 7);
      }),
    );
  });

  it('gives every target its share, and tears in every way', () => {
    const faults = planFaults({ kills: 1_000, seed: 7 }).map(({ fault }) => fault);
    for (const target of TARGETS) {
      const own = faults.filter((fault) => 'target' in fault && fault.target === target);
      const kills = own.reduce((sum, fault) => sum + killsIn(fault), 0);
      assert.ok(kills > 150 && kills < 250, `${target}: ${kills}`);
    }
    const tears = new Set(faults.flatMap((fault) => ('tear' in fault ? [fault.tear] : [])));
    assert.deepEqual([...tears].toSorted(), [...TEARS].toSorted());
  });

  it('stops a target for a minute in a run of full size, and for seconds in a small one', () => {
    const longest = (kills: number) =>
      Math.max(
        ...planFaults({ kills, seed: 7 }).flatMap(({ fault }) =>
          fault.kind === 'stop' ? [fault.forMs] : [],
        ),
      );
    assert.equal(longest(1_000), 60_000);
    assert.equal(longest(12), 3_000);
  });
});
