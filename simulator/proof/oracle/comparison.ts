/** One line of the result: `expected` and `found` agree when there is no problem. */
export interface Comparison {
  readonly what: 'readings' | 'averages' | 'tables' | 'mails' | 'detection';
  readonly expected: number;
  readonly found: number;
  /** Sentences, at most a few of each kind. */
  readonly problems: readonly string[];
}

/** Keeps the first few sentences and counts the rest. */
export class Problems {
  static readonly #MOST = 5;
  readonly #first: string[] = [];
  #count = 0;

  add(problem: string): void {
    this.#count += 1;
    if (this.#first.length < Problems.#MOST) this.#first.push(problem);
  }

  list(): string[] {
    const more = this.#count - this.#first.length;
    return more === 0 ? this.#first : [...this.#first, `and ${more} more problems of this kind`];
  }
}
