import type { Downstream, Row, Watermark } from '../row.ts';
import type { SqlRecord } from '../values.ts';

const NO_SLOTS: Row['slots'] = [];

/** The SELECT list: gives each row its new columns. Timestamps stay. */
export class Project implements Downstream {
  readonly #columnsOf: (row: Row) => SqlRecord;
  readonly #next: Downstream;

  constructor(columnsOf: (row: Row) => SqlRecord, next: Downstream) {
    this.#columnsOf = columnsOf;
    this.#next = next;
  }

  row(row: Row): void {
    const { timestampMs, substream } = row;
    const columns = this.#columnsOf(row);
    this.#next.row({ timestampMs, substream, columns, slots: NO_SLOTS, event: undefined });
  }

  watermark(mark: Watermark): void {
    this.#next.watermark(mark);
  }

  end(): void {
    this.#next.end();
  }
}
