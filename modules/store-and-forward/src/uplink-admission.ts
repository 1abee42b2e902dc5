/** Looks at edgeHub's queue again and again, and lets the outbox hand over accordingly. */
import type { Clock } from '../../shared/src/clock.ts';
import { messageOf } from '../../shared/src/edge-error.ts';
import type { Logger } from '../../shared/src/logger.ts';
import type { Admission } from '../../shared/src/outbox-sender.ts';
import { upstreamQueueLength } from './core/queue-metric.ts';
import { UplinkBudget } from './core/uplink-budget.ts';

const QUIET_MS = 500;
const MOVING_MS = 100;
const TRICKLE_MS = 1_000;

/** Reads edgeHub's metrics as Prometheus text. */
export type ReadMetrics = () => Promise<string>;

/** The metrics at an address, read anew each time. */
export function metricsAt(uri: string): ReadMetrics {
  return async () => {
    const response = await fetch(uri, { signal: AbortSignal.timeout(2_000) });
    if (!response.ok) throw new Error(`${uri} answered ${response.status}`);
    return response.text();
  };
}

export class UplinkAdmission implements Admission {
  readonly #budget = new UplinkBudget();
  readonly #readMetrics: ReadMetrics | undefined;
  readonly #clock: Clock;
  readonly #log: Logger;
  #stopped = false;
  #cancel = () => {};
  #isKnown: boolean | undefined;

  constructor(readMetrics: ReadMetrics | undefined, clock: Clock, log: Logger) {
    this.#readMetrics = readMetrics;
    this.#clock = clock;
    this.#log = log;
  }

  /** Messages in edgeHub's upstream queue; undefined while edgeHub does not say. */
  get queueLength(): number | undefined {
    return this.#budget.queueLength;
  }

  /** Says whether backlog waits, which has a share then. */
  backlogWaits(waits: boolean): void {
    this.#budget.backlogWaits = waits;
  }

  room(priority: number): number {
    return this.#budget.room(priority);
  }

  handedOver(priority: number): void {
    this.#budget.handedOver(priority);
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
    if (this.#stopped) return;
    if (length === undefined) this.#budget.trickle();
    else this.#budget.looked(length);
    wake();
    const delayMs = this.#budget.isMoving ? MOVING_MS : QUIET_MS;
    this.#cancel = this.#clock.after(
      length === undefined ? TRICKLE_MS : delayMs,
      () => void this.#look(wake),
    );
  }

  async #queueLengthNow(): Promise<number | undefined> {
    if (this.#readMetrics === undefined) return undefined;
    try {
      const length = upstreamQueueLength(await this.#readMetrics());
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
    if (isKnown) this.#log.info('edgeHub says how long its upstream queue is');
    else this.#log.warn({ reason }, 'edgeHub’s queue length is not known, handing over a trickle');
  }
}
