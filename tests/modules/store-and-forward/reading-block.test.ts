import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  packReadings,
  unpackReadings,
} from '../../../modules/store-and-forward/src/reading-block.ts';

const temps = fc.oneof(
  fc.integer({ min: -5_000, max: 12_000 }).map((hundredths) => hundredths / 100),
  fc.double({ min: -1e12, max: 1e12, noNaN: true }),
);
const times = fc.oneof(
  fc
    .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString()),
  fc.constantFrom(
    '2026-06-01T11:00:00Z',
    '2026-06-01T13:00:00+02:00',
    '2026-06-01T11:00:00.123456Z',
  ),
);
const readings = fc
  .record(
    {
      id: fc.constantFrom('Meter01', 'Meter02', 'Zähler'),
      time: times,
      temp: temps,
      seq: fc.nat({ max: Number.MAX_SAFE_INTEGER - 1 }),
      more: fc.jsonValue({ maxDepth: 2 }),
    },
    { requiredKeys: ['id', 'time', 'temp'] },
  )
  .map((reading) => JSON.stringify(reading));

describe('a block of readings', () => {
  it('gives back every reading text for text, whatever it carries', () => {
    fc.assert(
      fc.property(fc.array(readings, { maxLength: 40 }), (texts) => {
        assert.deepEqual(unpackReadings(packReadings(texts, 'columns')), texts);
      }),
    );
  });

  it('gives back texts that are no readings, too: damage ends no module', () => {
    const texts = ['{"id":"a","time":"2026-06-01T11:00:00Z","temp":70}', '{"time":"then"}', '7'];
    assert.deepEqual(unpackReadings(packReadings(texts, 'columns')), texts);
  });

  it('takes two bytes and a half for a reading of ten meters that measure every ten seconds', () => {
    const texts = Array.from({ length: 860 }, (_, index) =>
      JSON.stringify({
        id: `Meter0${index % 10}`,
        time: new Date(
          1.78e12 + Math.floor(index / 10) * 10_000 + (index % 10) * 137,
        ).toISOString(),
        temp: Math.round((70 + Math.sin(index * index)) * 100) / 100,
        seq: 1_770_000_000_000 + Math.floor(index / 10),
      }),
    );
    const block = packReadings(texts, 'columns');

    assert.ok(block.length <= texts.length * 2.5, `${block.length / texts.length} bytes a reading`);
  });

  it('is an error when it is damaged, never other readings', () => {
    const block = packReadings(['{"id":"a","time":"2026-06-01T11:00:00Z","temp":70}'], 'columns');
    for (let position = 0; position < block.length; position += 1) {
      const damaged = Buffer.from(block);
      damaged[position] = (damaged[position] ?? 0) ^ 0x10;
      assert.throws(() => unpackReadings(damaged));
    }
  });
});
