import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  decodePropertyBag,
  encodePropertyBag,
  splitPropertyBag,
} from '../../../simulator/wire/property-bag.ts';

describe('property bag', () => {
  it('gives back what was encoded, as one topic level', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text)), (pairs) => {
        const bag = Object.fromEntries(pairs);
        const encoded = encodePropertyBag(bag);
        assert.doesNotMatch(encoded, /[/+#]/);
        if (Object.keys(bag).length > 0) assert.deepEqual(decodePropertyBag(encoded), bag);
      }),
    );
  });

  it('reads what the device SDK writes', () => {
    const bag = decodePropertyBag(
      '%24.on=out1&%24.mid=id%2F1&%24.cid=c%201&%24.ct=application%2Fjson&sev%2Fx=a%20b%26c%3Dd',
    );
    assert.deepEqual(splitPropertyBag(bag), {
      system: { on: 'out1', mid: 'id/1', cid: 'c 1', ct: 'application/json' },
      application: { 'sev/x': 'a b&c=d' },
    });
  });

  it('reads keys without value, the last of a repeated key, and no key at all', () => {
    assert.deepEqual(decodePropertyBag('a&b=&b=2&c=x=y'), { a: '', b: '2', c: 'x=y' });
    assert.deepEqual(decodePropertyBag(''), {});
  });

  it('keeps a property named __proto__ a property', () => {
    const bag = decodePropertyBag('__proto__=x');
    assert.deepEqual(Object.entries(bag), [['__proto__', 'x']]);
    assert.equal(encodePropertyBag(bag), '__proto__=x');
  });

  it('refuses what is not percent-encoded UTF-8', () => {
    for (const text of ['%zz=1', 'a=%ff', '%']) {
      assert.throws(() => decodePropertyBag(text), { code: 'MALFORMED_PROPERTY_BAG' });
    }
  });
});
