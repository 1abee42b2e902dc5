/** A row that its table refuses would hold up a job for ever, so whatever comes in, rows must fit. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { Job } from '../../../simulator/azure/stream-analytics/core/job.ts';
import type { SqlRecord } from '../../../simulator/azure/stream-analytics/core/values.ts';
import { toColumn } from '../../../simulator/azure/stream-analytics/live/sql-values.ts';
import { readProject } from '../../../simulator/azure/stream-analytics/project-files.ts';
import { event, START_MS } from '../../simulator/azure/stream-analytics/events.ts';

const CLOUD = fileURLToPath(new URL('../../../cloud', import.meta.url));
const { jobs, timePolicy, outputs } = readProject(`${CLOUD}/stream-analytics`);

interface Column {
  readonly name: string;
  readonly type: string;
  readonly length: number;
  readonly isNullable: boolean;
}

/** Columns of each table, from the statements that make it. */
function readTables(): Map<string, Column[]> {
  const folder = `${CLOUD}/sql/migrations`;
  const tables = new Map<string, Column[]>();
  for (const file of readdirSync(folder)) {
    const text = readFileSync(`${folder}/${file}`, 'utf8');
    const [, name, body = ''] = /CREATE TABLE dbo\.(\w+) \(([^;]*)\);/.exec(text) ?? [];
    if (name === undefined) continue;
    const lines = body.matchAll(/^ {8}\[?(\w+)\]? (\w+)(?:\((\d+)\))?.* (NOT NULL|NULL),?$/gm);
    const columns = [...lines].map(([, column = '', type = '', length = '', nullable]) => ({
      name: column,
      type,
      length: Number(length),
      isNullable: nullable === 'NULL',
    }));
    tables.set(name, columns);
  }
  return tables;
}

const TABLES = readTables();

/** Why a row does not fit its table; undefined when it does. */
function misfit(columns: readonly Column[], row: SqlRecord): string | undefined {
  const names = new Set(columns.map(({ name }) => name));
  const strange = Object.keys(row).find((name) => !names.has(name));
  if (strange !== undefined) return `there is no column ${strange}`;
  for (const column of columns) {
    const value = row[column.name] ?? null;
    const converted = toColumn(value, { ...column, clientType: () => undefined } as never);
    if (!converted.ok) return converted.reason;
    const { value: sent } = converted;
    const isText = column.type.endsWith('varchar');
    if (isText && String(sent).length > column.length) return `${column.name} is too long`;
    if (typeof sent === 'number' && !Number.isFinite(sent)) return `${column.name} is ${sent}`;
  }
  return undefined;
}

const time = fc
  .integer({ min: -3_600, max: 3_600 })
  .map((seconds) => new Date(START_MS + seconds * 1_000).toISOString());
const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom('NaN', 'Infinity', '-1e400', 1e300, -5, 3_000_000_000, '9'.repeat(40)),
  fc.string({ minLength: 127, maxLength: 131 }),
);
/** Nearly always as it should be, now and then anything. */
const mostly = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 19, arbitrary: value as fc.Arbitrary<unknown> },
    { weight: 1, arbitrary: odd },
  );
const degrees = mostly(fc.double({ min: -40, max: 120, noNaN: true }));

const payload = fc.record({
  id: mostly(fc.constantFrom('Meter01', 'Meter02')),
  time: mostly(time),
  temp: degrees,
  seq: mostly(fc.nat()),
  windowStart: mostly(time),
  windowEnd: mostly(time),
  average: degrees,
  minimum: degrees,
  maximum: degrees,
  count: mostly(fc.integer({ min: 1, max: 60 })),
  expectedCount: mostly(fc.nat(60)),
  revision: mostly(fc.nat(3)),
  direction: mostly(fc.constantFrom('spike', 'dip')),
  score: mostly(fc.double({ min: 0, max: 1, noNaN: true })),
  confidence: mostly(fc.constant(99.99)),
  historySize: mostly(fc.constant(120)),
  usual: degrees,
});
/** From a gateway, or from one of two meters without. */
const sender = fc.constantFrom(
  { device: 'gateway-01', user: { kind: 'average', gateway: 'gateway-01' } },
  { device: 'gateway-01', user: { kind: 'anomaly', gateway: 'gateway-01' } },
  { device: 'Meter01', user: {} },
  { device: 'Meter02', user: {} },
);

describe('rows for the tables', function () {
  this.timeout(10_000);
  const tableOf = new Map(
    outputs.flatMap((output) =>
      output.kind === 'sql' ? [[output.alias, /(\w+)\]?$/.exec(output.table)?.[1] ?? '']] : [],
    ),
  );

  it('go to tables that there are', () => {
    assert.equal(tableOf.size, 4);
    for (const table of tableOf.values()) assert.ok((TABLES.get(table) ?? []).length > 5, table);
  });

  for (const { name, query } of jobs.filter((job) => job.name !== 'cold-path')) {
    it(`fit them, whatever an event holds: ${name}`, () => {
      let written = 0;
      fc.assert(
        fc.property(fc.array(fc.tuple(payload, sender), { maxLength: 30 }), (events) => {
          const job = new Job(query, { timePolicy });
          for (const [body, from] of events) {
            for (const alias of job.inputs) job.push(alias, event(body, from));
          }
          job.end();
          for (const [alias, rows] of job.takeOutput()) {
            const columns = TABLES.get(tableOf.get(alias) ?? '');
            if (columns === undefined) continue;
            for (const row of rows) assert.equal(misfit(columns, row), undefined);
            written += rows.length;
          }
        }),
        { numRuns: 100 },
      );
      assert.ok(written > 20, `only ${written} rows were written`);
    });
  }
});
