/**
 * How many messages, as IoT Hub bills them, may go up in a day.
 *
 * Invariants:
 * - anomalies go up whatever was used;
 * - averages and the ledger go up while the budget lasts, telemetry only while a fifth of it is left:
 *   raw readings do not use up what the results need;
 * - a day is one in UTC, as that of IoT Hub's quota.
 */
import { z } from 'zod';

/** Part of the budget that each priority may use: anomalies, results, live, backlog, resend. */
const SHARE = [Number.POSITIVE_INFINITY, 1, 0.8, 0.8, 0.8];
const DAY_MS = 86_400_000;

/** What was used, as it is kept. */
export const UsedBudget = z.object({
  /** Days since 1970, in UTC. */
  day: z.int(),
  /** Billed messages. */
  used: z.int(),
});
export type UsedBudget = z.infer<typeof UsedBudget>;

export class DailyBudget {
  #day: number;
  #used: number;
  /** On their way to edgeHub, not acknowledged. */
  #reserved = 0;
  /** Billed messages a day; 0 for as many as come. */
  limit = 0;

  constructor({ day, used }: UsedBudget = { day: 0, used: 0 }) {
    this.#day = day;
    this.#used = used;
  }

  /** Whether a message that is billed as so many may go up now. */
  admits(priority: number, billed: number, nowMs: number): boolean {
    if (this.limit === 0) return true;
    this.#begin(nowMs);
    return this.#used + this.#reserved + billed <= this.limit * (SHARE[priority] ?? 0);
  }

  /** A message is handed over. */
  reserve(billed: number): void {
    this.#reserved += billed;
  }

  /** A message that was handed over is acknowledged, or is not. */
  settle(billed: number, isAcknowledged: boolean, nowMs: number): void {
    this.#reserved -= billed;
    if (!isAcknowledged) return;
    this.#begin(nowMs);
    this.#used += billed;
  }

  /** What was used today. */
  usedAt(nowMs: number): UsedBudget {
    this.#begin(nowMs);
    return { day: this.#day, used: this.#used };
  }

  #begin(nowMs: number): void {
    const day = Math.floor(nowMs / DAY_MS);
    if (day === this.#day) return;
    this.#day = day;
    this.#used = 0;
  }
}
