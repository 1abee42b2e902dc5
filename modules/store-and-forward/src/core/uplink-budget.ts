/**
 * How much may be handed to edgeHub's upstream queue, which knows no limit of its own.
 *
 * Invariants:
 * - while edgeHub's queue is as long as a priority's limit, nothing of that priority is handed over;
 * - without knowledge of the queue only a trickle is handed over;
 * - anomalies are still handed over when averages are not, averages when telemetry is not;
 * - while backlog waits, at least one of five messages of telemetry is backlog.
 */

/** Upstream queue at which a priority waits here: anomalies, averages, live telemetry, backlog. */
const LONGEST_QUEUE = [2_000, 500, 8, 8];
/** Messages of each priority that one trickle lets through. */
const TRICKLE = [20, 20, 1, 1];
const LIVE = 2;
const BACKLOG = 3;
/** Messages of live telemetry between two of the backlog. */
const MOST_LIVE_IN_A_ROW = 4;

export class UplinkBudget {
  /** Undefined while edgeHub does not say. */
  #queueLength: number | undefined;
  /** Handed over since the last look, and between the two looks before: not surely counted in it. */
  #sinceLook = 0;
  #beforeLook = 0;
  #trickled = [0, 0, 0, 0];
  /** Live messages since the last of the backlog. */
  #liveInARow = 0;
  /** Whether there is backlog to be handed over. */
  backlogWaits = false;

  get queueLength(): number | undefined {
    return this.#queueLength;
  }

  /** Messages handed over lately, for which the queue is worth looking at soon. */
  get isMoving(): boolean {
    return this.#sinceLook + this.#beforeLook > 0;
  }

  room(priority: number): number {
    const room = this.#roomByQueue(priority);
    if (priority !== LIVE || !this.backlogWaits) return room;
    return Math.max(0, Math.min(room, MOST_LIVE_IN_A_ROW - this.#liveInARow));
  }

  #roomByQueue(priority: number): number {
    if (this.#queueLength === undefined) {
      return (TRICKLE[priority] ?? 0) - (this.#trickled[priority] ?? 0);
    }
    const expected = this.#queueLength + this.#sinceLook + this.#beforeLook;
    return Math.max(0, (LONGEST_QUEUE[priority] ?? 0) - expected);
  }

  handedOver(priority: number): void {
    this.#sinceLook += 1;
    if (priority === LIVE) this.#liveInARow += 1;
    if (priority === BACKLOG) this.#liveInARow = 0;
    this.#trickled[priority] = (this.#trickled[priority] ?? 0) + 1;
  }

  /** edgeHub's queue was `length` messages long. */
  looked(length: number): void {
    this.#queueLength = length;
    this.#beforeLook = this.#sinceLook;
    this.#sinceLook = 0;
  }

  /** edgeHub did not say how long its queue is; called once a second meanwhile. */
  trickle(): void {
    this.#queueLength = undefined;
    this.#trickled = [0, 0, 0, 0];
    this.#sinceLook = 0;
    this.#beforeLook = 0;
  }
}
