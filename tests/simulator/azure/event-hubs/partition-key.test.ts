import assert from 'node:assert/strict';
import fc from 'fast-check';
import { partitionOfKey } from '../../../../simulator/azure/event-hubs/partition-key.ts';

/** Microsoft's own, which its buffered producer relies on; the package does not export it. */
const MICROSOFTS_MAPPER = new URL(
  '../../../../node_modules/@azure/event-hubs/dist/esm/impl/partitionKeyToIdMapper.js',
  import.meta.url,
);

interface Mapper {
  mapPartitionKeyToId(partitionKey: string, partitionCount: number): number;
}

describe('partition of a key', () => {
  it("is the one that Microsoft's client computes", async () => {
    const mapper = (await import(MICROSOFTS_MAPPER.href)) as Mapper;

    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.integer({ min: 1, max: 32 }),
        (key, count) => {
          assert.equal(partitionOfKey(key, count), mapper.mapPartitionKeyToId(key, count));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('spreads the meters over all partitions', () => {
    const meters = Array.from({ length: 40 }, (_, index) => `Meter${index + 1}`);

    assert.deepEqual(new Set(meters.map((id) => partitionOfKey(id, 4))).size, 4);
  });
});
