import type { Test } from '../plan/compile-condition.ts';
import type { Downstream, Row, Watermark } from '../row.ts';

/** WHERE and HAVING: lets through the rows that meet a condition. */
export class Filter implements Downstream {
  readonly #test: Test;
  readonly #next: Downstream;

  constructor(test: Test, next: Downstream) {
    this.#test = test;
    this.#next = next;
  }

  row(row: Row): void {
    if (this.#test(row)) this.#next.row(row);
  }

  watermark(mark: Watermark): void {
    this.#next.watermark(mark);
  }

  end(): void {
    this.#next.end();
  }
}
