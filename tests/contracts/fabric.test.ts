/** Files for Microsoft Fabric, against the query whose rows they take. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { EVENT_HUBS } from '../../simulator/azure/event-hubs/namespace.ts';
import { runLocally } from '../../simulator/azure/stream-analytics/core/local-run.ts';
import { recordOf } from '../simulator/azure/stream-analytics/events.ts';

const CLOUD = fileURLToPath(new URL('../../cloud', import.meta.url));
const read = (file: string) => readFileSync(`${CLOUD}/${file}`, 'utf8');

const Node = z.object({ name: z.string(), type: z.string() });
const Linked = Node.extend({ inputNodes: z.array(z.object({ name: z.string() })).min(1) });
const Eventstream = z.object({
  sources: z.array(Node.extend({ properties: z.record(z.string(), z.unknown()) })),
  destinations: z.array(Linked),
  streams: z.array(Linked),
  operators: z.array(Linked),
  compatibilityLevel: z.string(),
});

/** Columns of an average as the hot path puts it out. */
function averageColumns(): string[] {
  const reading = {
    id: 'Meter09',
    time: '2026-11-22T18:00:10.000Z',
    temp: 70,
    seq: 1,
    IoTHub: { ConnectionDeviceId: 'Meter09' },
  };
  const inputs = new Map([['hot-path-direct', [recordOf(reading)]]]);
  const [row] =
    runLocally(read('stream-analytics/hot-path.asaql'), inputs, 0).get(
      'averages-of-direct-meters',
    ) ?? [];
  return Object.keys(row ?? {}).filter((column) => column !== 'PartitionId');
}

describe('the files for Fabric', () => {
  for (const file of ['smart-meters.Eventstream/eventstream.json', 'custom-endpoint.json']) {
    it(`connect what they name: ${file}`, () => {
      const stream = Eventstream.parse(JSON.parse(read(`fabric/${file}`)));
      const all = [...stream.sources, ...stream.streams, ...stream.operators];
      const names = new Set(all.map(({ name }) => name));
      for (const { inputNodes } of [...stream.streams, ...stream.destinations]) {
        for (const { name } of inputNodes) assert.ok(names.has(name), name);
      }
    });
  }

  it('read the event hub through a consumer group of their own', () => {
    const text = read('fabric/smart-meters.Eventstream/eventstream.json');
    const [source] = Eventstream.parse(JSON.parse(text)).sources;
    const hub = EVENT_HUBS.find(({ name }) => name === 'hot-path');
    assert.ok(hub?.consumerGroups.includes(String(source?.properties['consumerGroupName'])));
  });

  it('take every column of an average, and no other', () => {
    const kql = read('fabric/averages.kql');
    const [, table = ''] = /create-merge table Averages \(([^)]*)\)/.exec(kql) ?? [];
    const columns = [...table.matchAll(/^\s+(?:\['(\w+)'\]|(\w+)):/gm)].map(
      ([, quoted, plain]) => quoted ?? plain ?? '',
    );
    const mapped = [...kql.matchAll(/"column": "(\w+)".*"\$\.(\w+)"/g)];
    assert.deepEqual(columns.toSorted(), averageColumns().toSorted());
    assert.deepEqual(
      mapped.map(([, column]) => column),
      columns,
    );
    for (const [, column, path] of mapped) assert.equal(path, column);
  });
});
