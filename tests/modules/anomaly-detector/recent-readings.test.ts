import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  storedRecentReadings,
  StoredRecentReadings,
} from '../../../modules/anomaly-detector/src/recent-readings.ts';

const forms = [
  (date: Date) => date.toISOString(),
  (date: Date) => date.toISOString().replace(/\.\d{3}Z$/, 'Z'),
  (date: Date) => date.toISOString().replace('Z', '+00:00'),
];
const dates = fc.date({
  min: new Date('2000-01-01'),
  max: new Date('2076-01-01'),
  noInvalidDate: true,
});
const reading = fc
  .tuple(fc.constantFrom(...forms), dates, fc.double({ noNaN: true, min: -1e12, max: 1e12 }))
  .map(([form, date, temp]): [string, number] => [form(date), temp + 0]);

describe('a meter’s latest readings', () => {
  it('come out of the database text for text, in whatever form their times are', () => {
    fc.assert(
      fc.property(fc.array(reading, { maxLength: 10 }), (recent) => {
        const text = JSON.stringify(storedRecentReadings(recent));
        assert.deepEqual(StoredRecentReadings.parse(JSON.parse(text)), recent);
      }),
    );
  });

  it('take a third of the room when times are of one form', () => {
    const recent = Array.from({ length: 10 }, (_, index): [string, number] => [
      new Date(Date.UTC(2026, 5, 1) + index * 10_000).toISOString(),
      70.25,
    ]);
    const bytes = JSON.stringify(storedRecentReadings(recent)).length;

    assert.ok(bytes * 2.5 < JSON.stringify(recent).length, `${bytes} bytes`);
  });

  it('are read as earlier versions wrote them', () => {
    const recent = [['2026-06-01T11:00:00+02:00', 70.5]];
    assert.deepEqual(StoredRecentReadings.parse(recent), recent);
  });
});
