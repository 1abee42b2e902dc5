/**
 * Looks at edgeHub's queue again and again, and lets the outbox hand over accordingly.
 *
 * Invariants:
 * - edgeHub's own queue decides while it is known; else the probe's hint says how wide the trickle is;
 * - with the link cut, telemetry trickles ever more slowly, and as before at once when it is back;
 * - what the daily budget has no room for is not handed over.
 */
import { BackOff } from '../../shared/src/back-off.ts';
import type { Clock } from '../../shared/src/clock.ts';
import { messageOf } from '../../shared/src/edge-error.ts';
import type { Logger } from '../../shared/src/logger.ts';
import type { OutboxEntry } from '../../shared/src/outbox.ts';
import type { Admission } from '../../shared/src/outbox-sender.ts';
import { billedMessages } from './core/billing.ts';
import type { DailyBudget } from './core/daily-budget.ts';
import { upstreamQueueLength } from './core/queue-metric.ts';
import { UplinkBudget } from './core/uplink-budget.ts';
import type { ReadMetrics } from './read-metrics.ts';
import type { UplinkHint, UplinkProbe } from './uplink-probe.ts';

const QUIET_MS = 500;
const MOVING_MS = 100;
const TRICKLE_MS = 1_000;
/** Messages of telemetry a second while the host answers, and while nothing is known. */
const TRICKLE = { reachable: 8, unknown: 1 } as const;
const LONGEST_TRICKLE_MS = 60_000;

export interface UplinkAdmissionParts {
  readonly readMetrics: ReadMetrics | undefined;
  readonly probe: UplinkProbe | undefined;
  readonly budget: DailyBudget;
  readonly clock: Clock;
  readonly log: Logger;
}

export class UplinkAdmission implements Admission {
  readonly #parts: UplinkAdmissionParts;
  readonly #queue = new UplinkBudget();
  readonly #backOff = new BackOff(TRICKLE_MS, LONGEST_TRICKLE_MS);
  #stopped = false;
  #cancel = () => {};
  #isKnown: boolean | undefined;
  #hint: UplinkHint = 'unknown';
  /** While the link is cut: when telemetry may trickle again, monotonic. */
  #nextTrickleMs = 0;

  constructor(parts: UplinkAdmissionParts) {
    this.#parts = parts;
  }

  /** Messages in edgeHub's upstream queue; undefined while edgeHub does not say. */
  get queueLength(): number | undefined {
    return this.#queue.queueLength;
  }

  /** What the probe says; `unknown` while edgeHub's queue says more. */
  get hint(): UplinkHint {
    return this.#hint;
  }

  /** Says whether telemetry of a priority waits, which has a share then. */
  waits(priority: number, isWaiting: boolean): void {
    this.#queue.waits(priority, isWaiting);
  }

  room(priority: number): number {
    const { budget, clock } = this.#parts;
    return budget.admits(priority, 1, clock.nowMs()) ? this.#queue.room(priority) : 0;
  }

  admits({ priority, body }: OutboxEntry): boolean {
    const { budget, clock } = this.#parts;
    return budget.admits(priority, billed(body), clock.nowMs());
  }

  handedOver({ priority, body }: OutboxEntry): void {
    this.#queue.handedOver(priority);
    this.#parts.budget.reserve(billed(body));
  }

  ended({ body }: OutboxEntry, isAcknowledged: boolean): void {
    const { budget, clock } = this.#parts;
    budget.settle(billed(body), isAcknowledged, clock.nowMs());
  }

  start(wake: () => void): () => void {
    void this.#look(wake);
    return () => {
      this.#stopped = true;
      this.#cancel();
    };
  }

  async #look(wake: () => void): Promise<void> {
    const length = await this.#queueLengthNow();
    this.#hint = length === undefined ? (this.#parts.probe?.look() ?? 'unknown') : 'unknown';
    if (this.#stopped) return;
    if (length === undefined) this.#queue.trickle(this.#trickled());
    else this.#queue.looked(length);
    wake();
    const delayMs = this.#queue.isMoving ? MOVING_MS : QUIET_MS;
    this.#cancel = this.#parts.clock.after(
      length === undefined ? TRICKLE_MS : delayMs,
      () => void this.#look(wake),
    );
  }

  /** Messages of telemetry for the next second. */
  #trickled(): number {
    if (this.#hint !== 'cut') {
      this.#backOff.reset();
      this.#nextTrickleMs = 0;
      return TRICKLE[this.#hint];
    }
    const nowMs = this.#parts.clock.monotonicMs();
    if (nowMs < this.#nextTrickleMs) return 0;
    this.#nextTrickleMs = nowMs + this.#backOff.next(Math.random());
    return 1;
  }

  async #queueLengthNow(): Promise<number | undefined> {
    const { readMetrics } = this.#parts;
    if (readMetrics === undefined) return undefined;
    try {
      const length = upstreamQueueLength(await readMetrics());
      this.#note(length !== undefined, 'the metrics are not edgeHub’s');
      return length;
    } catch (error) {
      this.#note(false, messageOf(error));
      return undefined;
    }
  }

  #note(isKnown: boolean, reason: string): void {
    if (this.#isKnown === isKnown) return;
    this.#isKnown = isKnown;
    const { log } = this.#parts;
    if (isKnown) log.info('edgeHub says how long its upstream queue is');
    else log.warn({ reason }, 'edgeHub’s queue length is not known, handing over a trickle');
  }
}

function billed(body: string): number {
  return billedMessages(Buffer.byteLength(body));
}
