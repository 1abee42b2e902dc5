import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import fc from 'fast-check';
import { blobFolder } from '../../../../simulator/azure/stream-analytics/core/blob-path.ts';
import { csvHeader, csvLine } from '../../../../simulator/azure/stream-analytics/core/csv.ts';
import {
  decodeValue,
  encodeValue,
} from '../../../../simulator/azure/stream-analytics/core/state-codec.ts';
import {
  SqlDateTime,
  record,
  toJsonText,
  type Value,
} from '../../../../simulator/azure/stream-analytics/core/values.ts';

describe('CSV lines', () => {
  it('quote what needs it, and double quotes within', () => {
    const row = record([
      ['id', 'a,"b"\r\n'],
      ['n', 8n],
      ['f', 8.5],
      ['t', new SqlDateTime(0)],
      ['b', true],
      ['none', null],
      ['r', record([])],
      ['l', []],
    ]);
    assert.equal(
      csvLine(Object.keys(row), row),
      '"a,""b""\r\n",8,8.5,1970-01-01T00:00:00.0000000Z,1,,Record,Array\r\n',
    );
    assert.equal(csvHeader(['id', 'a,b']), 'id,"a,b"\r\n');
  });
});

describe('blob folders', () => {
  const folderOf = blobFolder('readings/{archiveHour}');

  it('come from the column of the path pattern', () => {
    assert.equal(folderOf(record([['archiveHour', '2026/11/22/18']])), 'readings/2026/11/22/18');
    assert.equal(folderOf(record([])), 'readings/_');
  });

  it('stay below the beginning of the pattern, whatever the column holds', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.constantFrom('../..', '/', '..', '%2e%2e/x')),
        (text) => {
          const segments = folderOf(record([['archiveHour', text]])).split('/');
          assert.equal(segments[0], 'readings');
          for (const segment of segments) assert.match(segment, /^(?!\.+$)[A-Za-z0-9_.=-]+$/);
        },
      ),
    );
  });

  it('do not follow the engine’s clock: date tokens are refused', () => {
    for (const pattern of ['{date}/{time}', 'a/{datetime:yyyy}']) {
      assert.throws(() => blobFolder(pattern), /is not supported/);
    }
    assert.throws(() => blobFolder('{a}/{b}'), /one \{column\} at most/);
  });
});

describe('values', () => {
  const value = fc.letrec<{ value: Value }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constant(null),
      fc.boolean(),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.double({ noNaN: true }),
      fc.string(),
      fc.integer().map((epochMs) => new SqlDateTime(epochMs)),
      fc.array(tie('value'), { maxLength: 3 }),
      fc
        .dictionary(fc.string(), tie('value'), { maxKeys: 3 })
        .map((fields) => record(Object.entries(fields))),
    ),
  })).value;

  it('survive being saved', () => {
    fc.assert(
      fc.property(value, (each) => {
        const saved: ReturnType<typeof encodeValue> = JSON.parse(JSON.stringify(encodeValue(each)));
        assert.equal(toJsonText(decodeValue(saved)), toJsonText(each));
      }),
    );
  });

  it('are written as JSON in which a float has a point', () => {
    const row = record([
      ['whole', 8n],
      ['float', 8],
      ['text', '8'],
    ]);
    assert.equal(toJsonText(row), '{"whole":8,"float":8.0,"text":"8"}');
  });
});
