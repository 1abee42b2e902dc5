import assert from 'node:assert/strict';
import fc from 'fast-check';
import { countKeys, repeatedKeys } from '../../../modules/shared/src/core/json-keys.ts';

function keysOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inner = Object.values(value).reduce((sum: number, one) => sum + keysOf(one), 0);
  return inner + (Array.isArray(value) ? 0 : Object.keys(value).length);
}

describe('keys of a JSON text', () => {
  it('are never fewer than the keys that are parsed, however it is written', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom('', ' ', '\n\t'), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent).replaceAll('":', '" \n:');
        assert.ok(countKeys(JSON.stringify(value, undefined, indent)) >= keysOf(value));
        assert.ok(countKeys(text) >= keysOf(value));
        assert.deepEqual(repeatedKeys(JSON.stringify(value, undefined, indent)), new Map());
      }),
    );
  });

  it('are counted exactly in readings', () => {
    const readings = [1, 2, 3].map((seq) => ({
      id: 'M',
      time: '2026-06-01T11:00:00Z',
      temp: 1,
      seq,
    }));

    assert.equal(countKeys(JSON.stringify(readings)), 12);
    assert.equal(countKeys(JSON.stringify(readings, undefined, 2)), 12);
  });

  for (const [text, expected] of [
    ['{"a":1,"a":2}', [[0, 'a']]],
    [
      '[{"a":1},{"b":1,"c":{"d":1,"d":2}},{"a":1,"\\u0061" : 2}]',
      [
        [1, 'd'],
        [2, 'a'],
      ],
    ],
    ['[{"a":"\\"a\\":1,"},{"a":{"a":{"a":1}}}]', []],
    ['[[{"a":1},{"a":2}],{"a":[{"b":1},{"b":1}]}]', []],
  ] as const) {
    it(`that stand twice are found in ${text}`, () => {
      assert.deepEqual([...repeatedKeys(text)], expected);
    });
  }
});
