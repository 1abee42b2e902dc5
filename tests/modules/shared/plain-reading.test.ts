import assert from 'node:assert/strict';
import fc from 'fast-check';
import { InstantWriter, plainInstantMs } from '../../../modules/shared/src/instant.ts';
import { plainReading } from '../../../modules/shared/src/plain-reading.ts';
import { Reading } from '../../../modules/shared/src/wire-contract.ts';

const LAST_DAY_MS = Date.UTC(9_999, 11, 31);

/** Instants as text, and texts that are nearly one. */
const times = fc.oneof(
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString().replace(/\.\d{3}Z/, 'Z')),
  fc
    .tuple(...[9_999, 13, 32, 25, 61, 61, 999].map((max) => fc.nat(max)))
    .map(([year, month, day, hour, minute, second, ms]) => {
      const [y, m, d, h, min, s] = [year, month, day, hour, minute, second].map((part, index) =>
        String(part).padStart(index === 0 ? 4 : 2, '0'),
      );
      return `${y}-${m}-${d}T${h}:${min}:${s}.${String(ms).padStart(3, '0')}Z`;
    }),
  fc.tuple(fc.nat(23), fc.string({ minLength: 1, maxLength: 1 })).map(([at, other]) => {
    const time = '2024-02-29T12:34:56.789Z';
    return time.slice(0, at) + other + time.slice(at + 1);
  }),
  fc.constantFrom('2026-02-29T00:00:00Z', '0099-06-01T00:00:00Z', '2026-06-01T00:00:00+02:00', ''),
);

const values = fc.oneof(
  fc.record(
    {
      id: fc.oneof(
        fc.string({ maxLength: 130 }),
        fc.string({ unit: 'binary', maxLength: 4 }),
        fc.nat(),
      ),
      time: fc.oneof(times, fc.nat()),
      temp: fc.oneof(fc.double(), fc.constantFrom(1e12, -1e12, 1.1e12, -0), fc.string()),
      seq: fc.oneof(fc.nat(), fc.double(), fc.constantFrom(2 ** 53 - 2, 2 ** 53 - 1, -1, -0, null)),
      unit: fc.constantFrom('F', undefined),
    },
    { requiredKeys: ['id', 'time', 'temp'], noNullPrototype: true },
  ),
  fc.anything(),
);

describe('a reading told at a glance', () => {
  it('is valid by the schema, and is what the schema makes of it', () => {
    fc.assert(
      fc.property(values, (value) => {
        const plain = plainReading(value);
        if (plain === undefined) return;
        assert.deepEqual(plain.reading, Reading.parse(value));
        assert.equal(plain.atMs, Date.parse(plain.reading.time));
      }),
      { numRuns: 5_000 },
    );
  });

  it('is any reading with an id of printable characters and an instant in UTC', () => {
    fc.assert(
      fc.property(
        fc.record(
          {
            id: fc.stringMatching(/^[ -~]{1,128}$/),
            time: fc
              .integer({ min: Date.UTC(1_000, 0, 1), max: LAST_DAY_MS })
              .map((atMs) => new Date(atMs).toISOString()),
            temp: fc.double({ min: -1e12, max: 1e12, noNaN: true }),
            seq: fc.maxSafeNat().map((seq) => Math.min(seq, 2 ** 53 - 2)),
          },
          { requiredKeys: ['id', 'time', 'temp'], noNullPrototype: true },
        ),
        (reading) => assert.deepEqual(plainReading(reading)?.reading, reading),
      ),
    );
  });

  it('has nothing else in it, not even what it could inherit', () => {
    const text = '{"id":"Meter01","time":"2026-06-01T12:00:00Z","temp":70';

    assert.notEqual(plainReading(JSON.parse(`${text}}`)), undefined);
    assert.equal(plainReading(JSON.parse(`${text},"unit":"F"}`)), undefined);
    assert.equal(plainReading(JSON.parse(`${text},"__proto__":{"seq":1}}`)), undefined);
    assert.equal(plainReading(JSON.parse('[1]')), undefined);
  });
});

describe('plain instants', () => {
  it('are those of the calendar', () => {
    fc.assert(
      fc.property(times, (time) => {
        const atMs = plainInstantMs(time);
        if (atMs !== undefined) assert.equal(atMs, Date.parse(time));
      }),
      { numRuns: 5_000 },
    );
    assert.equal(plainInstantMs('2024-02-29T23:59:59Z'), Date.UTC(2024, 1, 29, 23, 59, 59));
    assert.equal(plainInstantMs('2023-02-29T23:59:59Z'), undefined);
    assert.equal(plainInstantMs('2100-02-29T23:59:59Z'), undefined);
  });

  it('are written as Date writes them, in any order', () => {
    const writer = new InstantWriter();
    fc.assert(
      fc.property(fc.integer({ min: -62_167_219_200_000, max: LAST_DAY_MS }), (atMs) => {
        const iso = new Date(atMs).toISOString();
        assert.equal(writer.write(atMs, true), iso);
        const wholeMs = Math.floor(atMs / 1_000) * 1_000;
        assert.equal(
          writer.write(wholeMs, false),
          new Date(wholeMs).toISOString().replace('.000Z', 'Z'),
        );
        assert.equal(writer.write(atMs, true), iso);
      }),
      { numRuns: 2_000 },
    );
  });
});
