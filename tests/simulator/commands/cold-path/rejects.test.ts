import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import { HEADER, lineOf, SampleArchive } from './sample-archive.ts';

/** What a record says, and why it is no reading. */
const NO_READINGS: readonly (readonly [record: string, reason: string])[] = [
  [',2026-01-01T00:00:00Z,70,1,,', 'id is empty'],
  [`${'x'.repeat(129)},2026-01-01T00:00:00Z,70,1,,`, 'id is longer than 128 characters'],
  ['M,yesterday,70,1,,', 'time is not an instant of ISO 8601 with Z or an offset'],
  ['M,2026-01-01T00:00:00,70,1,,', 'time is not an instant of ISO 8601 with Z or an offset'],
  ['M,2026-02-30T00:00:00Z,70,1,,', 'time is not an instant of ISO 8601 with Z or an offset'],
  ['M,2026-01-01T00:00:00Z,,1,,', 'temp is not a number'],
  ['M,2026-01-01T00:00:00Z,NaN,1,,', 'temp is not a number'],
  ['M,2026-01-01T00:00:00Z,7d,1,,', 'temp is not a number'],
  ['M,2026-01-01T00:00:00Z,Record,1,,', 'temp is not a number'],
  ['M,2026-01-01T00:00:00Z,1e13,1,,', 'temp is beyond 10^12 degrees'],
  ['M,2026-01-01T00:00:00Z,1e999,1,,', 'temp is beyond 10^12 degrees'],
  ['M,2026-01-01T00:00:00Z,70,1.5,,', 'seq is not a whole number'],
  ['M,2026-01-01T00:00:00Z,70,9007199254740991,,', 'seq is beyond what a double counts'],
  ['M,2026-01-01T00:00:00Z,70', 'fewer columns than the header'],
  ['M,2026-01-01T00:00:00Z,70,1,,,', 'more columns than the header'],
  ['M"1",2026-01-01T00:00:00Z,70,1,,', 'quotes that do not match'],
  [`"${'x,'.repeat(3_000)}",2026-01-01T00:00:00Z,70,1,,`, 'longer than 4096 characters'],
];

describe('rejects', function () {
  this.timeout(10_000);
  let archive: SampleArchive;

  before(async () => {
    archive = await SampleArchive.make();
    const records = NO_READINGS.map(([record]) => `${record}\r\n`);
    await archive.write('reasons.csv', HEADER + records.join(''));
    await archive.write(
      'bytes.csv',
      Buffer.concat([Buffer.from(HEADER + lineOf(1)), Buffer.from([0x4d, 0xff, 0x0d, 0x0a])]),
    );
    await archive.write('no-header.csv', lineOf(10) + lineOf(11));
    await archive.write(
      'stray.csv',
      [
        HEADER + lineOf(20),
        '"Meter01,2026-01-01T00:00:00Z,70,1,,\r\n',
        lineOf(21),
        'Meter01,"2026,70,1,,\r\n',
        lineOf(22),
      ].join(''),
    );
    await archive.write(
      'quoted.csv',
      `${HEADER}"Meter\r\n""02""",2026-01-01T00:00:00Z,70,1,"a,b",\r\n${lineOf(30)}\r\nx,y\r\n`,
    );
    await archive.write('marked.csv', `\uFEFF${HEADER}${lineOf(40)}`);
    await archive.write('empty.csv', '');
    await archive.write(
      'other-columns.csv',
      'temp,ID,extra,time\n70,Lab01,x,2026-01-01T00:00:00+01:00',
    );
    await archive.run();
  });

  after(() => archive.remove());

  it('say why, with file and line', async () => {
    const rows = await archive.query(
      "SELECT line, reason, text FROM rejects WHERE file = 'reasons.csv' ORDER BY line",
    );
    assert.deepEqual(
      rows.map(({ line, reason, text }) => [Number(line), text, reason]),
      NO_READINGS.map(([record, reason], index) => [index + 2, record, reason]),
    );
  });

  it('hold the bytes of what is not UTF-8, and nothing else of its file', async () => {
    const [row] = await archive.query("SELECT * FROM rejects WHERE file = 'bytes.csv'");
    assert.deepEqual([row?.['line'], row?.['text']], ['3', '4DFF0D']);
    const readings = await archive.query("SELECT 1 FROM readings WHERE file = 'bytes.csv'");
    assert.equal(readings.length, 1);
  });

  it('hold every line of a file without a header', async () => {
    const found = (await archive.rejects()).filter((text) => text.startsWith('no-header'));
    assert.deepEqual(found, [
      'no-header.csv:1 not a header that names id, time and temp',
      'no-header.csv:2 its file has no header that names id, time and temp',
    ]);
  });

  it('hold a line with a stray quote, which takes no other line with it', async () => {
    const found = (await archive.rejects()).filter((text) => text.startsWith('stray'));
    assert.deepEqual(found, [
      'stray.csv:3 quotes that do not match',
      'stray.csv:5 quotes that do not match',
    ]);
    const readings = await archive.query(
      "SELECT seq FROM readings WHERE file = 'stray.csv' ORDER BY seq",
    );
    assert.deepEqual(
      readings.map(({ seq }) => Number(seq)),
      [20, 21, 22],
    );
  });

  it('count lines rightly after a quoted line end', async () => {
    const readings = await archive.query(
      "SELECT id, gateway, line FROM readings WHERE file = 'quoted.csv' ORDER BY line",
    );
    assert.deepEqual(
      readings.map(({ id, gateway, line }) => [id, gateway, Number(line)]),
      [
        ['Meter\r\n"02"', 'a,b', 2],
        ['Meter01', 'gateway-01', 4],
      ],
    );
    assert.ok((await archive.rejects()).includes('quoted.csv:6 fewer columns than the header'));
  });

  it('hold nothing of files with a byte order mark, other columns, or no seq', async () => {
    const rows = await archive.query(
      "SELECT id, seq, time, gateway FROM readings WHERE file IN ('marked.csv', 'other-columns.csv') ORDER BY id",
    );
    assert.deepEqual(rows, [
      { id: 'Lab01', seq: null, time: '2025-12-31 23:00:00', gateway: null },
      { id: 'Meter01', seq: '40', time: '2026-01-01 00:06:40', gateway: 'gateway-01' },
    ]);
  });
});
