/**
 * edgeHub's queues on disk: a message once, and a row for every queue it waits in.
 *
 * Invariants:
 * - `append` resolves only when the message is in every queue it goes to, on disk;
 * - a message leaves a queue only when its receiver has acknowledged it or its time to live is over;
 * - one endpoint gets the messages of one priority in the order of `append`;
 * - kill -9 loses nothing that was appended; what was delivered and not yet removed comes again.
 */
import { GroupCommit, type Database } from '../../../wire/database.ts';
import type { Destination } from '../routes/router.ts';
import { queueStatements, type QueueRow, type QueueStatements } from './queue-schema.ts';

/** A message as edgeHub keeps it. */
export interface HubMessage {
  readonly properties: Readonly<Record<string, string>>;
  /** By edgeHub's names: `messageId`, `connectionDeviceId`, `contentType`, … */
  readonly systemProperties: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A message taken out of one queue for delivery. */
export interface QueuedMessage extends HubMessage {
  readonly id: number;
  readonly endpoint: string;
  readonly priority: number;
  /** It was handed out before and not acknowledged. */
  readonly redelivered: boolean;
}

export interface QueueLength {
  readonly endpoint: string;
  readonly priority: number;
  readonly queued: number;
}

interface Queue {
  readonly endpoint: string;
  readonly priority: number;
  queued: number;
  /** Id of the last message read; 0 begins again at the front. */
  cursor: number;
  /** Id of the last message appended: behind it nothing need be looked for. */
  newest: number;
  /** Read and not yet handed out. */
  ahead: QueueRow[];
  /** Handed out and not acknowledged. */
  readonly sent: Set<number>;
  /** Acknowledged; the row goes with the next commit. */
  readonly leaving: Set<number>;
}

/** Messages that are read at once for a receiver that takes few at a time: most of a read is its beginning. */
const READ_AHEAD = 16;

/** All queues of one gateway. One process at a time may use the database. */
export class MessageQueues {
  readonly #statements: QueueStatements;
  readonly #commits: GroupCommit;
  readonly #now: () => number;
  /** By endpoint; each list in order of priority. */
  readonly #queues = new Map<string, Queue[]>();
  readonly #listeners = new Set<(endpoint: string) => void>();
  #nextId: number;
  #expired = 0;

  /** `now` is the clock of times to live, epoch milliseconds. */
  constructor(database: Database, now: () => number) {
    this.#statements = queueStatements(database);
    this.#commits = new GroupCommit(database);
    this.#now = now;
    this.#nextId = this.#statements.lastId() + 1;
    for (const { endpoint, priority, queued } of this.#statements.lengths()) {
      const queue = this.#queue(endpoint, priority);
      queue.queued = queued;
      queue.newest = this.#nextId - 1;
    }
  }

  /** Messages removed because their time to live was over. */
  get expired(): number {
    return this.#expired;
  }

  /** Endpoints that have, or had since the start, messages. */
  get endpoints(): string[] {
    return [...this.#queues.keys()];
  }

  lengths(): QueueLength[] {
    return [...this.#queues.values()]
      .flat()
      .map(({ endpoint, priority, queued }) => ({ endpoint, priority, queued }));
  }

  /** Calls `listener` after messages for an endpoint have been committed; returns the way to stop it. */
  onAppended(listener: (endpoint: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Puts a message into every queue it goes to. Without any, nothing is kept. */
  async append(message: HubMessage, destinations: readonly Destination[]): Promise<void> {
    if (destinations.length === 0) return;
    const id = this.#nextId++;
    const nowMs = this.#now();
    await this.#commits.run(() => this.#insert(id, message, { destinations, nowMs }));
    for (const { endpoint, priority } of destinations) {
      const queue = this.#queue(endpoint, priority);
      queue.queued += 1;
      queue.newest = id;
    }
    for (const { endpoint } of destinations) this.#announce(endpoint);
  }

  #insert(
    id: number,
    { properties, systemProperties, body }: HubMessage,
    to: { destinations: readonly Destination[]; nowMs: number },
  ): void {
    const bags = [JSON.stringify(properties), JSON.stringify(systemProperties)];
    this.#statements.insertMessage.run(id, ...bags, body);
    for (const { endpoint, priority, timeToLiveSeconds: seconds } of to.destinations) {
      const expiresMs = seconds === undefined ? null : to.nowMs + seconds * 1000;
      this.#statements.insertReference.run(endpoint, priority, id, expiresMs);
    }
  }

  /** Hands out the next messages of an endpoint, lowest priority number first. */
  take(endpoint: string, limit: number): QueuedMessage[] {
    const taken: QueuedMessage[] = [];
    for (const queue of this.#queues.get(endpoint) ?? []) {
      if (taken.length === limit) break;
      if (queue.queued > 0) taken.push(...this.#takeFrom(queue, limit - taken.length));
    }
    return taken;
  }

  #takeFrom(queue: Queue, limit: number): QueuedMessage[] {
    const taken: QueuedMessage[] = [];
    while (taken.length < limit) {
      const missing = limit - taken.length;
      if (queue.ahead.length === 0 && !this.#readAhead(queue, missing)) break;
      taken.push(...this.#handOut(queue, queue.ahead.splice(0, missing)));
    }
    return taken;
  }

  /** Whether there was something to read. */
  #readAhead(queue: Queue, missing: number): boolean {
    const { endpoint, priority, cursor, newest, leaving } = queue;
    if (cursor >= newest) return false;
    const limit = Math.max(missing, READ_AHEAD);
    const rows = this.#statements.next({ endpoint, priority, cursor, limit });
    queue.cursor = rows.at(-1)?.id ?? cursor;
    queue.ahead = rows.filter(({ id }) => !leaving.has(id));
    return rows.length > 0;
  }

  #handOut(queue: Queue, rows: readonly QueueRow[]): QueuedMessage[] {
    const { endpoint, priority, sent } = queue;
    const nowMs = this.#now();
    const isLive = ({ expiresMs }: QueueRow) => expiresMs === null || expiresMs > nowMs;
    for (const row of rows) if (!isLive(row)) this.#expire(queue, row.id);
    return rows.filter(isLive).map((row) => {
      const redelivered = sent.has(row.id);
      sent.add(row.id);
      return { ...toMessage(row), endpoint, priority, redelivered };
    });
  }

  #expire(queue: Queue, id: number): void {
    this.#expired += 1;
    // A failed removal leaves the row; it is skipped again when its turn comes again.
    this.#remove(queue, id).catch(() => undefined);
  }

  /** Removes a message that its receiver has acknowledged; resolves when that is on disk. */
  async acknowledge({ endpoint, priority, id }: QueuedMessage): Promise<void> {
    await this.#remove(this.#queue(endpoint, priority), id);
  }

  async #remove(queue: Queue, id: number): Promise<void> {
    if (queue.leaving.has(id)) return;
    queue.leaving.add(id);
    queue.sent.delete(id);
    queue.ahead = queue.ahead.filter((row) => row.id !== id);
    try {
      // Read only after the commit: `-= await` would read it before, and undo what was appended since.
      const removed = await this.#commits.runSoon(() => {
        const { endpoint, priority } = queue;
        const { changes } = this.#statements.deleteReference.run(endpoint, priority, id);
        this.#statements.deleteUnreferenced.run(id, id);
        return changes;
      });
      queue.queued -= removed;
    } finally {
      queue.leaving.delete(id);
    }
  }

  /** Commits what is waiting, before the database is closed. */
  flush(): void {
    this.#commits.flush();
  }

  /** Begins again at the front: what was handed out and not acknowledged is handed out once more. */
  rewind(endpoint: string): void {
    for (const queue of this.#queues.get(endpoint) ?? []) {
      queue.cursor = 0;
      queue.ahead = [];
    }
  }

  #queue(endpoint: string, priority: number): Queue {
    const queues = this.#queues.get(endpoint) ?? [];
    const known = queues.find((queue) => queue.priority === priority);
    if (known !== undefined) return known;
    const sets = { sent: new Set<number>(), leaving: new Set<number>() };
    const places = { queued: 0, cursor: 0, newest: 0, ahead: [] };
    const queue: Queue = { endpoint, priority, ...places, ...sets };
    const sorted = [...queues, queue].toSorted((a, b) => a.priority - b.priority);
    this.#queues.set(endpoint, sorted);
    return queue;
  }

  #announce(endpoint: string): void {
    for (const listener of this.#listeners) listener(endpoint);
  }
}

function toMessage({
  id,
  properties,
  systemProperties,
  body,
}: QueueRow): HubMessage & { id: number } {
  return {
    id,
    // Written by `#insert` only.
    properties: JSON.parse(properties) as Record<string, string>,
    systemProperties: JSON.parse(systemProperties) as Record<string, string>,
    body,
  };
}
