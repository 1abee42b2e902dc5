/**
 * Sends one meter's readings from the journal, in order, over whatever connection there is.
 *
 * Invariants:
 * - only committed readings are sent, oldest first, several messages in flight;
 * - a reading counts as acknowledged only when the other side said so;
 * - a new connection begins again with the oldest reading that was not acknowledged.
 */
import type { Journal, JournalReading } from './journal.ts';

/** Readings in one message; a single reading travels as an object, several as an array. */
export const MAX_BATCH_READINGS = 100;

const MAX_MESSAGES_IN_FLIGHT = 16;

export interface TelemetryMessage {
  /** The same readings give the same id. */
  readonly messageId: string;
  /** JSON. */
  readonly body: string;
}

/** An open connection; `send` resolves on PUBACK and rejects when the connection is lost. */
export interface TelemetryConnection {
  send(message: TelemetryMessage): Promise<void>;
}

export interface ReadingSenderOptions {
  readonly meterId: string;
  readonly journal: Journal;
  /** Most readings in one message. */
  readonly batchReadings?: number;
  /** Told how many readings were acknowledged, when that is on disk. */
  readonly onAcknowledged: (count: number) => void;
  /** Told when an acknowledgement could not be written. */
  readonly onFault: (error: unknown) => void;
}

export class ReadingSender {
  readonly #options: ReadingSenderOptions;
  #connection: TelemetryConnection | undefined;
  #inFlight = 0;
  #sentUpToSeq = -1;

  constructor(options: ReadingSenderOptions) {
    this.#options = options;
  }

  /** Sends over this connection from now on. */
  attach(connection: TelemetryConnection): void {
    this.#connection = connection;
    this.#inFlight = 0;
    this.#sentUpToSeq = -1;
    this.wake();
  }

  /** Sends nothing until there is another connection. */
  detach(): void {
    this.#connection = undefined;
  }

  /** To be called when readings were committed. */
  wake(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    const { meterId, journal, batchReadings = MAX_BATCH_READINGS } = this.#options;
    while (this.#inFlight < MAX_MESSAGES_IN_FLIGHT) {
      const batch = journal.unacknowledged(meterId, this.#sentUpToSeq, batchReadings);
      const last = batch.at(-1);
      if (last === undefined) return;
      this.#sentUpToSeq = last.seq;
      this.#inFlight += 1;
      void this.#send(connection, batch).catch(this.#options.onFault);
    }
  }

  async #send(connection: TelemetryConnection, batch: readonly JournalReading[]): Promise<void> {
    const { meterId, journal, onAcknowledged } = this.#options;
    try {
      await connection.send(telemetryMessage(meterId, batch));
    } catch {
      // The connection is lost; its owner attaches the next one, and that begins with this batch.
      return;
    }
    const first = batch[0]?.seq ?? 0;
    const last = batch.at(-1)?.seq ?? 0;
    try {
      onAcknowledged(await journal.acknowledge(meterId, first, last));
    } catch (error) {
      // Not noted, so to be sent again: with the next reading, or over the next connection.
      if (connection === this.#connection) {
        this.#inFlight -= 1;
        this.#sentUpToSeq = Math.min(this.#sentUpToSeq, first - 1);
      }
      throw error;
    }
    if (connection !== this.#connection) return;
    this.#inFlight -= 1;
    this.wake();
  }
}

/** One object for a live reading, an array for history and backlog (`docs/contracts.md`). */
export function telemetryMessage(
  meterId: string,
  readings: readonly JournalReading[],
): TelemetryMessage {
  const bodies = readings.map(({ seq, time, temp }) => ({ id: meterId, time, temp, seq }));
  const first = readings[0]?.seq ?? 0;
  if (bodies.length === 1) {
    return { messageId: `reading/${meterId}/${first}`, body: JSON.stringify(bodies[0]) };
  }
  const last = readings.at(-1)?.seq ?? 0;
  return { messageId: `telemetry/${meterId}/${first}-${last}`, body: JSON.stringify(bodies) };
}
