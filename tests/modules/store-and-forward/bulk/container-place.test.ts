import assert from 'node:assert/strict';
import { containerPlace } from '../../../../modules/store-and-forward/src/bulk/container-place.ts';

const PLACE = 'https://account.blob.core.windows.net/archive';

describe('the address of the bulk path', () => {
  it('is refused, not fatal, when a folder cannot be decoded', () => {
    assert.throws(() => containerPlace({ containerUrl: `${PLACE}/100%` }), { code: 'NO_ACCESS' });
  });

  it('has its folders decoded', () => {
    const { url, prefix } = containerPlace({ containerUrl: `${PLACE}/raw%20data/2026` });
    assert.deepEqual({ url, prefix }, { url: PLACE, prefix: 'raw data/2026/' });
  });
});
