/** Why a message was not queued. */
export type DropReason = 'no_route' | 'unknown_topic';

/** Messages since the start of the process. */
export class HubCounters {
  readonly #dropped = new Map<DropReason, number>();
  #received = 0;

  get receivedCount(): number {
    return this.#received;
  }

  get droppedCounts(): ReadonlyMap<DropReason, number> {
    return this.#dropped;
  }

  received(): void {
    this.#received += 1;
  }

  dropped(reason: DropReason): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + 1);
  }
}
