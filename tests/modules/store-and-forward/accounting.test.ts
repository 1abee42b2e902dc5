/** Readings produced = readings delivered + readings still held + readings in the ledger. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { z } from 'zod';
import type { OutputMessage } from '../../../modules/shared/src/edge-client.ts';
import { StoreAndForwardConfig } from '../../../modules/store-and-forward/src/config.ts';
import { RESERVED_BYTES } from '../../../modules/store-and-forward/src/disk-space.ts';
import { storeAndForward } from '../../../modules/store-and-forward/src/store-and-forward.ts';
import { FakeModule } from '../../support/fake-module.ts';

/** With limits that a test reaches. */
const schema = StoreAndForwardConfig.extend({
  maxDiskBytes: z.int().default(67_108_864),
  timeToLiveSeconds: z.int().default(34_560_000),
});
const definition = { ...storeAndForward, schema };
const ROOMY = { maxDelaySeconds: 2, maxMessageBytes: 16_384 };
const EVERYTHING = { from: '2000-01-01T00:00:00Z', to: '2100-01-01T00:00:00Z' };

const Progress = z.object({
  acceptedReadings: z.int().min(0),
  forwardedReadings: z.int().min(0),
  backlogReadings: z.int().min(0),
  ledgerReadings: z.int().min(0),
});

/** The module, and what is known of it from outside. */
class Account {
  readonly module = new FakeModule(definition);
  readonly sent: OutputMessage[] = [];
  produced = 0;
  version = 1;
  #config: Record<string, unknown> = ROOMY;

  connect(): void {
    this.version += 1;
    this.module.client.connect(this.#config, this.version);
  }

  configure(change: Record<string, unknown>): void {
    this.#config = { ...ROOMY, ...change };
    this.version += 1;
    const { handlers } = this.module.client;
    handlers.desired({ version: this.version, properties: this.#config });
  }

  async take(count: number): Promise<void> {
    const readings = Array.from({ length: count }, (_, index) => {
      const seq = this.produced + index;
      const time = new Date(this.module.clock.nowMs() + index).toISOString();
      const note = `${Math.sin(seq * 7)}${Math.cos(seq * 3)}${Math.tan(seq)}`;
      return { id: `Meter0${seq % 3}`, time, temp: 70 + Math.sin(seq), seq, note };
    });
    this.produced += count;
    await this.module.client.deliver('telemetry', readings);
  }

  async restart(): Promise<void> {
    const { client } = this.module;
    await this.module.restart();
    this.sent.push(...client.sent);
    this.module.client.fails = client.fails;
    this.connect();
  }

  /** Sends everything, and compares what arrived with what was produced. */
  async settle(): Promise<void> {
    this.configure({});
    this.module.client.fails = false;
    this.module.client.handlers.connected();
    for (let minute = 0; minute < 30; minute += 1) {
      await this.module.clock.advance(20_000);
      if (this.progress().backlogReadings === 0) break;
    }
    await this.module.clock.advance(20_000);
    this.sent.push(...this.module.client.sent);
    assert.equal(this.progress().backlogReadings, 0);
    assert.equal(this.delivered() + this.told(), this.produced);
    assert.equal(this.told(), this.progress().ledgerReadings);
  }

  /** What it says of itself adds up at any time. */
  progress() {
    const progress = Progress.parse(this.module.status());
    const { forwardedReadings, backlogReadings, ledgerReadings } = progress;
    assert.equal(forwardedReadings + backlogReadings + ledgerReadings, this.produced);
    return progress;
  }

  delivered(): number {
    const bodies = this.distinct('telemetry').map((body) => JSON.parse(body) as { seq: number }[]);
    const seqs = bodies.flatMap((readings) => readings.map(({ seq }) => seq));
    assert.equal(new Set(seqs).size, seqs.length, 'a reading was in two messages');
    return seqs.length;
  }

  told(): number {
    return this.distinct('ledger')
      .flatMap((body) => JSON.parse(body) as { count: number }[])
      .reduce((sum, { count }) => sum + count, 0);
  }

  /** Bodies of a kind; the same id must be the same body. */
  distinct(kind: string): string[] {
    const byId = new Map<string, string>();
    for (const { messageId, properties, body } of this.sent) {
      if (properties['kind'] !== kind) continue;
      assert.equal(byId.get(messageId) ?? body, body);
      byId.set(messageId, body);
    }
    return [...byId.values()];
  }
}

type Step = (account: Account) => Promise<void> | void;
const named = (name: string, step: Step) =>
  Object.assign(step, { [fc.toStringMethod]: () => name });

const steps = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .integer({ min: 1, max: 1_500 })
      .map((count) => named(`take ${count}`, (account) => account.take(count))),
  },
  {
    weight: 3,
    arbitrary: fc
      .integer({ min: 1, max: 15 })
      .map((seconds) =>
        named(`wait ${seconds}`, (account) => account.module.clock.advance(seconds * 1_000)),
      ),
  },
  {
    weight: 2,
    arbitrary: fc.boolean().map((fails) =>
      named(fails ? 'cut' : 'mend', ({ module }) => {
        module.client.fails = fails;
        if (!fails) module.client.handlers.connected();
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .integer({ min: 100, max: 900 })
      .map((kib) =>
        named(`limit ${kib} KiB`, (account) =>
          account.configure({ maxDiskBytes: RESERVED_BYTES + kib * 1_024 }),
        ),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.constant(
      named('expire', async (account) => {
        account.configure({ timeToLiveSeconds: 10 });
        await account.module.clock.advance(16_000);
        account.configure({});
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constant(
      named('resend', ({ module }) => {
        module.client.invoke('resend', EVERYTHING);
      }),
    ),
  },
  { weight: 1, arbitrary: fc.constant(named('restart', (account) => account.restart())) },
);

describe('the account of readings', function () {
  this.timeout(20_000);

  it('is balanced whatever is taken, cut off, sent, limited, thinned, expired, sent again or restarted', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 25 }), async (chosen) => {
        const account = new Account();
        try {
          account.connect();
          for (const step of chosen) {
            await step(account);
            account.progress();
          }
          await account.settle();
        } finally {
          await account.module.end();
        }
      }),
      { numRuns: 12 },
    );
  });

  it('is balanced when the limit falls to almost nothing during an outage', async () => {
    const account = new Account();
    account.connect();
    account.module.client.fails = true;
    for (let batch = 0; batch < 12; batch += 1) await account.take(1_500);
    account.configure({ maxDiskBytes: RESERVED_BYTES + 200 * 1_024 });
    await account.module.clock.advance(10_000);
    assert.ok(account.progress().ledgerReadings > 5_000, 'little had to go');
    await account.restart();
    await account.settle();
    await account.module.end();
  });
});
