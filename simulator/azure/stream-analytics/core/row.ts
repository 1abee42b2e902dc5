/** What flows between operators. */
import type { SqlRecord, Value } from './values.ts';

/** An event as it came in, before any query. */
export interface InputEvent {
  readonly payload: SqlRecord;
  /** When the event hub stored it, epoch milliseconds. */
  readonly arrivalMs: number;
  /** When this job took it, epoch milliseconds. */
  readonly processedMs: number;
  readonly partitionId: bigint;
  /** Application properties, which the language calls user properties. */
  readonly user: SqlRecord;
  /** What IoT Hub says of the sender; NULL for other event hubs. */
  readonly ioTHub: SqlRecord | null;
}

/** One event on its way through a query. */
export interface Row {
  /** `System.Timestamp()`, epoch milliseconds. */
  readonly timestampMs: number;
  /** Which timeline it belongs to: the values of `TIMESTAMP BY … OVER`, or one for all. */
  readonly substream: string;
  readonly columns: SqlRecord;
  /** Results of aggregates and analytic functions that the row's own step computed. */
  readonly slots: readonly Value[];
  /** Present on the rows of an input. */
  readonly event: InputEvent | undefined;
}

/** Says that no row of a timeline will come with an earlier timestamp. */
export interface Watermark {
  readonly substream: string;
  readonly timeMs: number;
}

/** Takes the rows and watermarks that an operator gives out. */
export interface Downstream {
  row(row: Row): void;
  watermark(mark: Watermark): void;
  /** The input has ended for ever: give out everything that waits. */
  end(): void;
}

/** Hands everything on to several others: a step that more than one SELECT reads. */
export class Fan implements Downstream {
  readonly #targets: Downstream[] = [];

  add(target: Downstream): void {
    this.#targets.push(target);
  }

  row(row: Row): void {
    for (const target of this.#targets) target.row(row);
  }

  watermark(mark: Watermark): void {
    for (const target of this.#targets) target.watermark(mark);
  }

  end(): void {
    for (const target of this.#targets) target.end();
  }
}
