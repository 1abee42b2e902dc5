/**
 * How much may be handed to edgeHub's upstream queue, which knows no limit of its own.
 *
 * Invariants:
 * - while edgeHub's queue is as long as a priority's limit, nothing of that priority is handed over;
 * - for telemetry the limit is a few times what edgeHub sends between two looks, so that little waits
 *   there when the link is slow or goes, and edgeHub never runs dry when it is fast;
 * - without knowledge of the queue only a trickle is handed over;
 * - anomalies are still handed over when averages are not, averages when telemetry is not;
 * - while backlog waits, at least one of five messages of telemetry is backlog; while something is
 *   sent again, at least one of five behind the live ones.
 */

/** Upstream queue at which anomalies wait here, and averages. */
const LONGEST_QUEUE = [2_000, 500];
/** The same for telemetry: at first, on a slow link and on none, and on the fastest. */
const SHORTEST_TELEMETRY_QUEUE = 8;
const LONGEST_TELEMETRY_QUEUE = 64;
/** Anomalies, and averages, that one trickle lets through. */
const TRICKLED_RESULTS = 20;
const LIVE = 2;
const PRIORITIES = [0, 1, 2, 3, 4];
/** Messages of one priority of telemetry between two of those behind it. */
const MOST_IN_A_ROW = 4;

export class UplinkBudget {
  /** Undefined while edgeHub does not say. */
  #queueLength: number | undefined;
  /** Handed over since the last look, and between the two looks before: not surely counted in it. */
  #sinceLook = 0;
  #beforeLook = 0;
  /** What edgeHub has sent between the last two looks. */
  #sent = 0;
  #telemetryQueue = SHORTEST_TELEMETRY_QUEUE;
  /** Messages of each priority that the last trickle lets through. */
  #trickle: number[] = PRIORITIES.map((priority) => (priority < LIVE ? TRICKLED_RESULTS : 1));
  /** Messages of each priority since the last of one behind it. */
  #inARow: number[] = PRIORITIES.map(() => 0);
  readonly #waiting = new Set<number>();

  get queueLength(): number | undefined {
    return this.#queueLength;
  }

  /** Messages handed over lately, for which the queue is worth looking at soon. */
  get isMoving(): boolean {
    return this.#sinceLook + this.#beforeLook > 0;
  }

  /** Says whether there is telemetry of a priority to be handed over. */
  waits(priority: number, isWaiting: boolean): void {
    if (isWaiting) this.#waiting.add(priority);
    else this.#waiting.delete(priority);
  }

  room(priority: number): number {
    const room = this.#roomByQueue(priority);
    const isInFront = [...this.#waiting].some((other) => other > priority);
    if (priority < LIVE || !isInFront) return room;
    return Math.max(0, Math.min(room, MOST_IN_A_ROW - (this.#inARow[priority] ?? 0)));
  }

  #roomByQueue(priority: number): number {
    if (this.#queueLength === undefined) return this.#trickle[priority] ?? 0;
    const expected = this.#queueLength + this.#sinceLook + this.#beforeLook;
    return Math.max(0, (LONGEST_QUEUE[priority] ?? this.#telemetryQueue) - expected);
  }

  handedOver(priority: number): void {
    this.#sinceLook += 1;
    this.#inARow = this.#inARow.map((count, other) => {
      if (other === priority) return count + 1;
      return other < priority ? 0 : count;
    });
    this.#trickle[priority] = Math.max(0, (this.#trickle[priority] ?? 0) - 1);
  }

  /** edgeHub's queue was `length` messages long. */
  looked(length: number): void {
    // What was handed over before the last look is surely counted by now.
    this.#fitQueue((this.#queueLength ?? 0) + this.#beforeLook - length);
    this.#queueLength = length;
    this.#beforeLook = this.#sinceLook;
    this.#sinceLook = 0;
  }

  /**
   * edgeHub did not say how long its queue is; called once a second meanwhile. `telemetry` is how many
   * messages of each priority of telemetry may go now, 0 for what is left of the last trickle.
   */
  trickle(telemetry: number): void {
    this.#queueLength = undefined;
    this.#telemetryQueue = SHORTEST_TELEMETRY_QUEUE;
    this.#trickle = this.#trickle.map((left, priority) => {
      if (priority < LIVE) return TRICKLED_RESULTS;
      return telemetry === 0 ? left : telemetry;
    });
    this.#sinceLook = 0;
    this.#beforeLook = 0;
  }

  /** Doubles or halves the limit by what edgeHub has sent between the last three looks. */
  #fitQueue(sent: number): void {
    const limit = this.#telemetryQueue;
    const lately = this.#sent + sent;
    this.#sent = sent;
    if (lately >= limit / 2) this.#telemetryQueue = Math.min(2 * limit, LONGEST_TELEMETRY_QUEUE);
    if (lately < limit / 8) this.#telemetryQueue = Math.max(limit / 2, SHORTEST_TELEMETRY_QUEUE);
  }
}
