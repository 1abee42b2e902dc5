import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import fc from 'fast-check';
import {
  formatInstant,
  fromCivil,
  parseIsoInstant,
  toCivil,
} from '../../../../simulator/azure/stream-analytics/core/civil-time.ts';
import { run, valueOf } from './events.ts';

const VALUES: readonly (readonly [expression: string, value: unknown])[] = [
  ['1 + 2 * 3', 7],
  ['(1 + 2) * 3', 9],
  ['7 / 2', 3],
  ['7 / 2.0', 3.5],
  ['-7 % 4', -3],
  ["'a' + 'b'", 'ab'],
  ["'it''s'", "it's"],
  ['NULL + 1', null],
  ["TRY_CAST('12' AS bigint)", 12],
  ["TRY_CAST('12.5' AS bigint)", null],
  ["TRY_CAST('12.5' AS float)", 12.5],
  ["TRY_CAST('NaN' AS float)", null],
  ["TRY_CAST('1e400' AS float)", null],
  ["TRY_CAST('{}' AS array)", null],
  ["TRY_CAST('99999999999999999999' AS bigint)", null],
  ["TRY_CAST('2026-02-29' AS datetime)", null],
  ["TRY_CAST('2024-02-29' AS datetime)", '2024-02-29T00:00:00.0000000Z'],
  ["TRY_CAST('2026-01-01T00:00:00+02:00' AS datetime)", '2025-12-31T22:00:00.0000000Z'],
  ['CAST(2.9 AS bigint)', 2],
  ['CAST(3 AS nvarchar(max))', '3'],
  ["CASE WHEN 1 > 2 THEN 'a' WHEN 2 > 1 THEN 'b' ELSE 'c' END", 'b'],
  ["CASE 3 WHEN 1 THEN 'a' WHEN 3 THEN 'b' END", 'b'],
  ["CASE WHEN missing = missing THEN 'equal' ELSE 'not' END", 'not'],
  ["CASE WHEN NOT (missing = 1) THEN 'two-valued' END", 'two-valued'],
  [
    "CASE WHEN missing LIKE 'a%' OR missing NOT LIKE 'a%' THEN 'either' ELSE 'neither' END",
    'neither',
  ],
  ["CASE WHEN 'Meter01' LIKE 'meter[0-9]_' THEN 1 ELSE 0 END", 1],
  ["CASE WHEN 2 BETWEEN 1 AND 3 AND 4 NOT IN (1, 2) THEN 'yes' END", 'yes'],
  ["COALESCE(missing, 'first', 'second')", 'first'],
  ["CONCAT('a', missing, 1)", 'a1'],
  ["SUBSTRING('abcdef', 2, 3)", 'bcd'],
  ["SUBSTRING('abc', 0, 2)", 'a'],
  ["LEN('abc')", 3],
  ["UPPER(REPLACE('a-b', '-', '/'))", 'A/B'],
  ['ROUND(2.5, 0)', 3],
  ['ROUND(-2.5, 0)', -3],
  ['ROUND(1.005 * 100, 1)', 100.5],
  ['ABS(-4)', 4],
  ['FLOOR(-1.5) + CEILING(1.5)', 0],
  ["DATEADD(minute, -5, '2026-01-01T00:02:00Z')", '2025-12-31T23:57:00.0000000Z'],
  ["DATEADD(month, 1, '2026-01-31')", '2026-02-28T00:00:00.0000000Z'],
  ["DATEDIFF(year, '2025-12-31T23:59:59Z', '2026-01-01')", 1],
  ["DATEDIFF(hour, '2026-01-01T00:59:59Z', '2026-01-01T01:00:00Z')", 1],
  ["DATEPART(dd, '2026-11-22T18:00:00Z')", 22],
  ["DATENAME(month, '2026-11-22')", 'November'],
  ["GetRecordPropertyValue(nested, 'TEMP')", 70.5],
  ['nested.temp', 70.5],
  ['NESTED.Temp', 70.5],
  ['GetArrayElement(list, 1)', 2],
  ['GetArrayLength(list)', 2],
  ['events.IoTHub.ConnectionDeviceId', 'Meter01'],
  ["GetMetadataPropertyValue(events, '[User].[kind]')", 'average'],
  ["GetMetadataPropertyValue(events, '[User].[none]')", null],
  ["GetMetadataPropertyValue(events, 'IoTHub.ConnectionDeviceId')", 'Meter01'],
];

const EVENT = {
  nested: { temp: 70.5 },
  list: [1, 2],
  User: { kind: 'average' },
  IoTHub: { ConnectionDeviceId: 'Meter01' },
};

describe('expressions', () => {
  for (const [expression, value] of VALUES) {
    it(`${expression} is ${JSON.stringify(value)}`, () => {
      assert.deepEqual(valueOf(expression, EVENT), value);
    });
  }

  it('stop the job where a conversion is insisted on, and say where', () => {
    assert.throws(() => valueOf("CAST('warm' AS float)"), /^QueryFault: 1:8 CAST of nvarchar/);
    assert.throws(() => valueOf('temp + 1', { temp: 'warm' }), /1:13 nvarchar\(max\) is not a num/);
    assert.throws(() => valueOf('1 / 0'), /division by zero/);
    assert.throws(() => valueOf('CASE WHEN a > 1 THEN 1 END', { a: {} }), /cannot compare record/);
  });

  it('keep strange keys of payloads as data', () => {
    const payload: unknown = JSON.parse('{"__proto__": 1, "constructor": "x"}');
    assert.equal(valueOf('[__proto__]', payload), 1);
    assert.equal(valueOf('constructor', payload), 'x');
    assert.equal(valueOf('toString', payload), null);
  });

  it('filter by conditions in which NULL is never equal', () => {
    const rows = run('SELECT a FROM events WHERE a <> 1', [{ a: 1 }, { a: 2 }, { b: 3 }]);
    assert.deepEqual(rows, [{ a: 2 }]);
  });

  it('SELECT * appends what the service knows of an event', () => {
    const [row] = run('SELECT * FROM events', [
      { id: 'Meter01', EventEnqueuedUtcTime: '2026-01-01' },
    ]);
    assert.deepEqual(Object.keys(row ?? {}), [
      'id',
      'EventProcessedUtcTime',
      'PartitionId',
      'EventEnqueuedUtcTime',
      'IoTHub',
    ]);
  });
});

describe('instants', () => {
  const instant = fc.integer({ min: Date.UTC(1, 0, 1), max: Date.UTC(9999, 11, 31) });

  it('are written and read as JavaScript does', () => {
    fc.assert(
      fc.property(instant, (epochMs) => {
        const date = new Date(epochMs);
        date.setUTCFullYear(Math.max(100, date.getUTCFullYear()));
        const iso = date.toISOString();
        assert.equal(parseIsoInstant(iso), date.getTime());
        assert.equal(formatInstant(date.getTime()), iso.replace('Z', '0000Z'));
        assert.equal(fromCivil(toCivil(date.getTime())), date.getTime());
      }),
    );
  });

  it('are nothing but ISO 8601', () => {
    for (const text of ['', 'yesterday', '22/11/2026', '2026-13-01', '2026-01-01T24:00', '7']) {
      assert.equal(parseIsoInstant(text), undefined, text);
    }
  });
});
