/**
 * Sends a period again that edgeHub had acknowledged and then lost.
 *
 * Invariants:
 * - a message that goes again is, id and body, the one that went before;
 * - the work goes on across a restart, a block at a time, each in the transaction that notes how far
 *   it is;
 * - one period at a time: another is refused until all messages of the first are in the outbox.
 */
import { z } from 'zod';
import type { Clock } from '../../shared/src/clock.ts';
import type { Database } from '../../shared/src/database.ts';
import type { MethodResponse } from '../../shared/src/edge-client.ts';
import { firstProblem } from '../../shared/src/incoming-readings.ts';
import { KeptValues } from '../../shared/src/kept-values.ts';
import { MessageKind } from '../../shared/src/wire-contract.ts';
import type { Delivered, DeliveredStore } from './delivered-store.ts';

const Instant = z.iso.datetime({
  offset: true,
  error: 'must be an instant, ISO 8601 with its zone, such as 2026-06-01T12:00:00Z',
});

/** What the direct method takes. */
const Request = z
  .strictObject({
    from: Instant,
    to: Instant,
    kinds: z
      .array(z.enum(MessageKind.options, { error: `must be of ${MessageKind.options.join(', ')}` }))
      .min(1)
      .default([...MessageKind.options]),
  })
  .refine(({ from, to }) => Date.parse(from) <= Date.parse(to), {
    error: 'from must not be later than to',
  });

/** A period that is being sent again, or was the last. */
const Job = z.object({
  fromMs: z.number(),
  toMs: z.number(),
  kinds: z.array(MessageKind),
  /** Last block that was looked at, and the last one to look at. */
  afterRow: z.int(),
  untilRow: z.int(),
  messages: z.int(),
  /** Of these, the ones in the outbox or further. */
  sent: z.int(),
  isRunning: z.boolean(),
});
type Job = z.infer<typeof Job>;

const RESEND = 'resend';
/** Blocks in one transaction that turn out to have nothing of the period. */
const MOST_STEPS = 20;

export class Resend {
  readonly #database: Database;
  readonly #store: DeliveredStore;
  readonly #kept: KeptValues;
  readonly #clock: Clock;
  #job: Job | undefined;

  constructor(database: Database, store: DeliveredStore, clock: Clock) {
    this.#database = database;
    this.#store = store;
    this.#clock = clock;
    this.#kept = new KeptValues(database);
    this.#job = Job.safeParse(this.#kept.read(RESEND)).data;
  }

  get isRunning(): boolean {
    return this.#job?.isRunning === true;
  }

  /** The direct method `resend`: begins, and says how many messages there are. */
  request(payload: unknown): MethodResponse {
    const parsed = Request.safeParse(payload);
    if (!parsed.success) return refusal(400, firstProblem(parsed.error));
    if (this.#job?.isRunning === true) {
      const { messages, sent } = this.#job;
      const left = messages - sent;
      return refusal(409, `another period is being sent again, ${left} messages are left of it`);
    }
    const { from, to, kinds } = parsed.data;
    const selection = { fromMs: Date.parse(from), toMs: Date.parse(to), kinds };
    const messages = this.#database.transaction(() => this.#begin(selection))();
    return { status: 200, payload: { from, to, kinds, messages } };
  }

  /** The next messages to send again, of one block. Inside the caller's transaction. */
  step(): Delivered[] {
    for (let step = 0; step < MOST_STEPS; step += 1) {
      const job = this.#job;
      if (job === undefined || !job.isRunning) return [];
      const part = this.#store.next(job, job.afterRow, job.untilRow);
      if (part === undefined) {
        this.#keep({ ...job, isRunning: false });
        return [];
      }
      const { kind, row, messages } = part;
      this.#keep({ ...job, afterRow: row, sent: job.sent + messages.length });
      if (messages.length > 0) {
        return messages.map(({ messageId, body }) => ({ kind, messageId, body }));
      }
    }
    return [];
  }

  status() {
    if (this.#job === undefined) return null;
    const { fromMs, toMs, kinds, messages, sent, isRunning } = this.#job;
    const from = new Date(fromMs).toISOString();
    return { from, to: new Date(toMs).toISOString(), kinds, messages, sent, isRunning };
  }

  #begin(selection: Pick<Job, 'fromMs' | 'toMs' | 'kinds'>): number {
    const untilRow = this.#store.close(this.#clock.nowMs());
    const messages = this.#store.count(selection);
    this.#keep({ ...selection, afterRow: 0, untilRow, messages, sent: 0, isRunning: true });
    return messages;
  }

  #keep(job: Job): void {
    this.#job = job;
    this.#kept.write(RESEND, job);
  }
}

function refusal(status: number, reason: string): MethodResponse {
  return { status, payload: { reason } };
}
