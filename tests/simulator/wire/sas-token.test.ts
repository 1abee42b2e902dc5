import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseSasToken, signSasToken, verifySasToken } from '../../../simulator/wire/sas-token.ts';

const KEY = Buffer.from('0123456789abcdef0123456789abcdef').toString('base64');
const OTHER_KEY = Buffer.from('another key').toString('base64');
const NOW_MS = Date.parse('2026-11-22T18:00:00Z');
const LATER_SECONDS = NOW_MS / 1000 + 3600;

/** Made with: printf 'hub.azure-devices.net%%2Fdevices%%2FMeter01\n1795374000' | openssl dgst -sha256 -mac HMAC -macopt key:0123456789abcdef0123456789abcdef -binary | base64 */
const ENCODED_SIGNATURE = '6bLIoAQJxpbJu+jCMTsCoTMs4VCSJjPEXBtwD1YxZ1k=';
/** The same over `0ne1/registrations/Meter01`, not encoded. */
const PLAIN_SIGNATURE = '8hRCy4k/Jf2kFKQaTkSQpb/8fFbrBRQ65eH3apl66K8=';

describe('SAS token', () => {
  const verify = (text: string, keys: readonly (string | Buffer)[] = [KEY], nowMs = NOW_MS) => {
    const token = parseSasToken(text);
    assert.ok(token);
    return verifySasToken(token, keys, nowMs);
  };

  it('verifies over the resource as it was sent, encoded or not', () => {
    const encoded = `SharedAccessSignature sr=hub.azure-devices.net%2Fdevices%2FMeter01&sig=${encodeURIComponent(ENCODED_SIGNATURE)}&se=1795374000`;
    const plain = `SharedAccessSignature sr=0ne1/registrations/Meter01&sig=${encodeURIComponent(PLAIN_SIGNATURE)}&skn=registration&se=1795374000`;

    assert.deepEqual(verify(encoded), { valid: true });
    assert.deepEqual(verify(plain), { valid: true });
    assert.equal(parseSasToken(encoded)?.resource, 'hub.azure-devices.net/devices/Meter01');
    assert.equal(parseSasToken(plain)?.keyName, 'registration');
  });

  it('accepts what it signed, with either key, until it expires', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (resource, keyName) => {
        const text = signSasToken({ resource, key: KEY, expirySeconds: LATER_SECONDS, keyName });
        const token = parseSasToken(text);
        assert.equal(token?.resource, resource);
        assert.equal(token.keyName, keyName);
        assert.deepEqual(verify(text, [OTHER_KEY, KEY]), { valid: true });
        assert.equal(verify(text, [KEY], LATER_SECONDS * 1000).valid, false);
      }),
    );
  });

  it('takes a key as bytes where the service does', () => {
    const key = Buffer.from('text key');
    const text = signSasToken({ resource: 'r', key, expirySeconds: LATER_SECONDS });
    assert.deepEqual(verify(text, [key]), { valid: true });
  });

  it('says whether the key or the time is wrong', () => {
    const text = signSasToken({ resource: 'r', key: KEY, expirySeconds: LATER_SECONDS });
    assert.match(JSON.stringify(verify(text, [OTHER_KEY])), /does not match the key/);
    assert.match(
      JSON.stringify(verify(text, [KEY], NOW_MS + 3_600_000)),
      /expired at 2026-11-22T19:00:00/,
    );
    const changed = text.replace(`se=${LATER_SECONDS}`, `se=${LATER_SECONDS + 1}`);
    assert.equal(verify(changed).valid, false);
  });

  it('does not take anything else for a token', () => {
    const good = signSasToken({ resource: 'r', key: KEY, expirySeconds: LATER_SECONDS });
    const bad = [
      '',
      'Bearer x',
      good.replace('SharedAccessSignature ', ''),
      good.replace(/&se=.*/, ''),
      good.replace(/se=\d+/, 'se=soon'),
      good.replace(/sr=[^&]*/, 'sr=%zz'),
      good.replace(/sig=[^&]*/, ''),
    ];
    for (const text of bad) assert.equal(parseSasToken(text), undefined, text);
  });
});
