import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseCsv } from '../../../simulator/console/core/csv.ts';

const MANY = 10_000;

describe('csv rows', () => {
  it('are the fields between commas and line ends', () => {
    assert.deepEqual(parseCsv('id,time\r\nMeter01,18:05\nMeter02,\n', MANY), [
      ['id', 'time'],
      ['Meter01', '18:05'],
      ['Meter02', ''],
    ]);
  });

  it('keep commas, quotes and line ends of quoted fields', () => {
    assert.deepEqual(parseCsv('"a,""b"""\n"two\nlines",c', MANY), [['a,"b"'], ['two\nlines', 'c']]);
  });

  it('of any fields come back as they were written', () => {
    const field = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', '<', 'ö') });
    const rows = fc.array(fc.array(field, { minLength: 1, maxLength: 4 }), { minLength: 1 });
    fc.assert(
      fc.property(rows, (expected) => {
        const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
        const text = expected.map((row) => row.map(quote).join(',')).join('\r\n');
        assert.deepEqual(parseCsv(`${text}\r\n`, MANY), expected);
      }),
    );
  });

  it('end at the number wanted', () => {
    assert.deepEqual(parseCsv('1\n2\n3\n', 2), [['1'], ['2']]);
  });

  it('of a file that is cut in the middle of a quoted field end before it', () => {
    assert.deepEqual(parseCsv('a,b\nc,"half', MANY)[0], ['a', 'b']);
  });
});
