import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  deviceView,
  emptySection,
  patchBetween,
  patchSection,
  replaceSection,
  type JsonObject,
  type TwinSection,
} from '../../../simulator/wire/twin-document.ts';

const THEN = new Date('2026-11-22T18:00:00Z');
const NOW = new Date('2026-11-22T19:00:00Z');

function patched(section: TwinSection, patch: unknown): TwinSection {
  const result = patchSection(section, patch, NOW);
  assert.ok(result.accepted, JSON.stringify(result));
  return result.section;
}

function refusal(patch: unknown): string {
  const result = patchSection(emptySection(THEN), patch, NOW);
  assert.ok(!result.accepted);
  assert.equal(result.error.errorCode, 400);
  return result.error.message;
}

/** Properties as a twin may hold them: nothing is null. */
const properties = fc.letrec<{ value: unknown; object: JsonObject }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, fc.integer(), fc.boolean(), fc.string(), tie('object')),
  object: fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), tie('value'), {
    maxKeys: 4,
    noNullPrototype: true,
  }) as fc.Arbitrary<JsonObject>,
})).object;

describe('twin document', () => {
  it('merges: adds, replaces, removes with null, keeps the rest', () => {
    const before = patched(emptySection(THEN), { a: { b: 1, c: [1, 2] }, d: 'x' });
    const after = patched(before, { a: { b: null, c: [3] }, e: { f: true } });

    assert.deepEqual(deviceView(after), {
      a: { c: [3] },
      d: 'x',
      e: { f: true },
      $version: 3,
    });
  });

  it('replaces a value by an object and an object by a value', () => {
    const before = patched(emptySection(THEN), { a: 1, b: { c: 1 } });
    assert.deepEqual(patched(before, { a: { x: 1 }, b: 2 }).properties, { a: { x: 1 }, b: 2 });
  });

  it('stamps what changed with time and version, and only that', () => {
    const before = patched(emptySection(THEN), { a: 1, b: 1 });
    const { metadata } = patched(before, { b: 2 });
    const stamp = { $lastUpdated: NOW.toISOString(), $lastUpdatedVersion: 3 };
    assert.deepEqual(metadata, { a: { ...stamp, $lastUpdatedVersion: 2 }, b: stamp, ...stamp });
  });

  it('ignores $version and $metadata in a patch', () => {
    const section = patched(emptySection(THEN), { a: 1, $version: 99, $metadata: {} });
    assert.deepEqual(deviceView(section), { a: 1, $version: 2 });
  });

  it('replaces all, and names to clients that merge what is gone', () => {
    fc.assert(
      fc.property(properties, properties, (before, after) => {
        const start = replaceSection(emptySection(THEN), before, THEN);
        assert.ok(start.accepted);
        const replaced = replaceSection(start.section, after, NOW);
        assert.ok(replaced.accepted);
        assert.deepEqual(replaced.section.properties, after);
        // What is pushed to a client that merges brings it to the same document.
        const { properties: merged } = patched(start.section, patchBetween(before, after));
        assert.deepEqual(merged, after);
      }),
    );
  });

  const refused: Record<string, [unknown, RegExp]> = {
    'what is not an object': [[1], /must be a JSON object/],
    'a name with a dot': [{ 'a.b': 1 }, /'a\.b' has/],
    'a name with a dollar sign inside': [{ a: { $b: 1 } }, /'\$b' has/],
    'an empty name': [{ '': 1 }, /1 to 1024 bytes/],
    'a long string': [{ a: 'ü'.repeat(2_049) }, /4096 bytes/],
    'an integer that is not safe': [{ a: 2 ** 53 }, /2\^52/],
    'properties nested too deeply': [nested(11), /10 levels/],
    'a section that is too large': [large(), /32768 bytes/],
  };
  for (const [what, [patch, message]] of Object.entries(refused)) {
    it(`refuses ${what}`, () => assert.match(refusal(patch), message));
  }

  it('accepts ten levels', () => {
    assert.equal(patched(emptySection(THEN), nested(10)).version, 2);
  });

  it('keeps a property named __proto__ a property', () => {
    const section = patched(emptySection(THEN), JSON.parse('{"__proto__":{"polluted":true}}'));
    assert.deepEqual(Object.keys(section.properties), ['__proto__']);
    assert.equal(Reflect.get({}, 'polluted'), undefined);
  });
});

function nested(levels: number): JsonObject {
  return levels === 1 ? { a: 1 } : { a: nested(levels - 1) };
}

function large(): JsonObject {
  return Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`k${at}`, 'x'.repeat(4_000)]));
}
