/** What one registered meter can send must not end a module, hold it up, or harm what is good. */
import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';
import { anomalyDetector } from '../../modules/anomaly-detector/src/anomaly-detector.ts';
import { averager } from '../../modules/averager/src/averager.ts';
import { MAX_MESSAGE_BYTES } from '../../modules/shared/src/wire-contract.ts';
import { storeAndForward } from '../../modules/store-and-forward/src/store-and-forward.ts';
import { FakeModule } from '../support/fake-module.ts';

const LEAF = { '$.cdid': 'Meter01' };
const GOOD = { id: 'Meter01', time: '2026-06-01T11:00:00Z', temp: 70 };
const DEEP = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
const text = (fields: Record<string, unknown>) =>
  JSON.stringify({ ...GOOD, seq: 1_000, ...fields });
const withField = (field: string) => text({}).replace('}', `,${field}}`);

/** Entries that are refused alone and among good ones, and why. */
const ENTRIES: Readonly<Record<string, readonly [entry: string, reason: RegExp]>> = {
  'is a number': ['5', /not a reading: .*expected object/],
  'is null': ['null', /not a reading: .*expected object/],
  'has no id': [text({ id: undefined }), /not a reading: .*id .*expected string/],
  'has an empty id': [text({ id: '' }), /not a reading: .*id Too small/],
  'has a number for an id': [text({ id: 7 }), /not a reading: .*id .*expected string/],
  'has an id that is half a character': [
    withField('"x":1').replace('Meter01', 'Meter\\ud83d'),
    /not a reading: .*id .*control characters/,
  ],
  'has an id with a zero byte': [text({ id: 'M\0' }), /not a reading: .*id .*control characters/],
  'has a text for a temperature': [text({ temp: '70' }), /not a reading: .*temp .*expected number/],
  'has an infinite temperature': [text({}).replace('70', '1e999'), /a number is infinite/],
  'has an infinite number in a field nobody knows': [
    withField('"x":[-1e999]'),
    /a number is infinite/,
  ],
  'has temperatures whose sum is not a number': [
    text({ temp: 1.7e308 }),
    /not a reading: .*temp Too big/,
  ],
  'has half a number for a seq': [text({ seq: 1.5 }), /not a reading: .*seq .*expected int/],
  'has a negative seq': [text({ seq: -1 }), /not a reading: .*seq Too small/],
  'has the largest seq there is': [text({ seq: Number.MAX_SAFE_INTEGER }), /seq Too big/],
  'has a day for a time': [text({ time: 'Monday' }), /not a reading: .*time Invalid ISO datetime/],
  'has a day that no month has': [
    text({ time: '2026-02-30T00:00:00Z' }),
    /time Invalid ISO datetime/,
  ],
  'has a time of thousands of digits': [
    text({ time: `2026-06-01T11:00:00.${'0'.repeat(20_000)}Z` }),
    /not a reading: .*time Too big/,
  ],
  'is of the last century': [text({ time: '1999-12-31T23:59:59Z' }), /before the year 2000/],
  'is six minutes ahead': [text({ time: '2026-06-01T12:06:30Z' }), /ahead of the gateway’s clock/],
  'is of the year 9999': [text({ time: '9999-12-31T23:59:59Z' }), /ahead of the gateway’s clock/],
  'speaks for another meter': [text({ id: 'Meter02' }), /a device speaks only for itself: .*id/],
  'has a key twice': [withField('"temp":90'), /a key stands twice: .*temp/],
  'has a key twice, once in other letters': [
    withField('"t\\u0065mp":90'),
    /a key stands twice: .*temp/,
  ],
  'has a key twice deep inside': [withField('"x":[{"y":1,"y":1}]'), /a key stands twice: .*y/],
  'has a key that is __proto__': [withField('"__proto__":{"temp":1}'), /a key is __proto__/],
  'is nested deeper than the stack': [DEEP, /nested too deeply/],
  'has a field that is nested deeper than the stack': [
    withField(`"x":${DEEP}`),
    /nested too deeply/,
  ],
};

/** Bodies that are refused as a whole, or that are no array of readings. */
const BODIES: Readonly<Record<string, readonly [body: string, reason: RegExp]>> = {
  'is empty': ['', /the body is empty/],
  'is white space': [' \n\t ', /the body is empty/],
  'is not JSON': ['{"id":"Meter01"', /the body is not JSON/],
  'holds NaN': [text({}).replace('70', 'NaN'), /the body is not JSON/],
  'is as large as a message can be and never closes': [
    '['.repeat(MAX_MESSAGE_BYTES),
    /the body is not JSON/,
  ],
  'is as large as a message can be and is nothing but depth': [
    '['.repeat(MAX_MESSAGE_BYTES / 2) + ']'.repeat(MAX_MESSAGE_BYTES / 2),
    /nested too deeply/,
  ],
  'is thousands of entries that are none': [
    `[${'{},'.repeat(MAX_MESSAGE_BYTES / 3 - 2)}{}]`,
    /more refused entries of one message: \d+/,
  ],
  'is thousands of keys that stand twice': [
    `{${'"a":1,'.repeat(MAX_MESSAGE_BYTES / 6 - 2)}"a":1}`,
    /a key stands twice: a/,
  ],
};

const MODULES = [
  { name: 'averager', input: 'readings', start: () => new FakeModule(averager) },
  { name: 'anomaly-detector', input: 'readings', start: () => new FakeModule(anomalyDetector) },
  { name: 'store-and-forward', input: 'telemetry', start: () => new FakeModule(storeAndForward) },
];

for (const { name, input, start } of MODULES) {
  describe(`${name}, when a meter's message`, function () {
    this.timeout(10_000);
    let module: ReturnType<typeof start>;
    let seq = 0;

    /** Good readings of now: that they come again is noticed only if they were taken in. */
    const fresh = () => {
      seq += 1;
      return { ...GOOD, time: new Date(module.clock.nowMs()).toISOString(), seq };
    };
    const deliver = async (body: unknown, properties: Record<string, string> = LEAF) => {
      const { acknowledged } = await module.client.deliver(input, body, { properties });
      assert.ok(acknowledged);
    };
    const count = (name: string) => Number(module.status()[name]);
    const quarantined = (): string[] => {
      const database = new Sqlite(module.databasePath, { readonly: true });
      const reasons = database.prepare('SELECT reason FROM quarantine').pluck().all() as string[];
      database.close();
      return reasons;
    };
    const isTakenInOnce = async (...good: unknown[]) => {
      const before = count('repeats');
      await deliver(good);
      assert.equal(count('repeats') - before, good.length);
    };

    before(async () => {
      module = start();
      module.client.connect();
      for (let round = 0; round < 2; round += 1) {
        await deliver(fresh());
        await module.clock.advance(10_000);
      }
    });

    after(() => module.end());

    for (const [what, [entry, reason]] of Object.entries(ENTRIES)) {
      it(`${what}, puts it aside alone and takes in the good ones beside and after it`, async () => {
        await deliver(entry);
        assert.match(quarantined().at(-1) ?? '', reason);

        const [first, second, third] = [fresh(), fresh(), fresh()];
        await deliver(`[${JSON.stringify(first)},${entry},${JSON.stringify(second)}]`);
        await deliver(third);
        assert.match(quarantined().at(-1) ?? '', reason);
        assert.match(quarantined().at(-1) ?? '', /\[1\]/);
        await isTakenInOnce(first, second, third);
      });
    }

    for (const [what, [body, reason]] of Object.entries(BODIES)) {
      it(`${what}, puts it aside and takes in the good ones after it`, async () => {
        await deliver(body);
        assert.match(quarantined().at(-1) ?? '', reason);

        const good = fresh();
        await deliver(good);
        await isTakenInOnce(good);
      });
    }

    it('is of a kind that nobody knows, or of another one, puts it aside', async () => {
      for (const kind of ['bogus', 'anomaly', 'x'.repeat(10_000)]) {
        await deliver(text({}), { ...LEAF, kind });
        assert.match(quarantined().at(-1) ?? '', /^of another kind: .{1,60} instead of telemetry$/);
      }
    });

    it('was not UTF-8, puts it aside', async () => {
      let acknowledged = false;
      module.client.handlers.input({
        input,
        body: text({ note: '\ufffd' }),
        isUtf8: false,
        messageId: undefined,
        properties: LEAF,
        acknowledge: () => (acknowledged = true),
      });
      await deliver(fresh());

      assert.ok(acknowledged);
      assert.equal(quarantined().at(-1), 'the body is not UTF-8');
    });

    it('comes by the thousand, keeps its quarantine and database within limits', async () => {
      const filler = '€'.repeat(5_000);
      for (let round = 0; round < 300; round += 1) {
        await deliver(`[${`"${filler}",`.repeat(14)}"${round}"]`);
      }
      const database = new Sqlite(module.databasePath, { readonly: true });
      const bytes = database.prepare('SELECT SUM(LENGTH(CAST(body AS BLOB))) FROM quarantine');
      const rows = Number(database.prepare('SELECT COUNT(*) FROM quarantine').pluck().get());
      assert.ok(Number(bytes.pluck().get()) <= 1_048_576 && rows <= 1_000);
      assert.ok(Number(database.pragma('page_count', { simple: true })) * 4_096 < 4 * 1_048_576);
      database.close();
    });

    it('was bad, goes on after a restart as if nothing had been', async () => {
      const good = fresh();
      await deliver(good);
      await module.restart();
      module.client.connect();

      await isTakenInOnce(good);
    });
  });
}
