/**
 * Aggregates over the values of one group.
 *
 * Invariants:
 * - NULL is skipped; without any value the result is NULL, that of COUNT is 0;
 * - an average is the exact sum, rounded once or twice at most, divided by the count: the order
 *   of the values changes its last digit at the very most.
 */
import { numeric } from '../arithmetic.ts';
import { compare } from '../comparison.ts';
import type { AggregateName } from '../plan/aggregate-names.ts';
import type { Position } from '../query-error.ts';
import { decodeValue, encodeValue, text, type Json } from '../state-codec.ts';
import type { Value } from '../values.ts';

/** Collects the values of one aggregate. */
export interface Accumulator {
  add(value: Value): void;
  result(): Value;
  save(): Json;
}

/** Makes an empty accumulator, or one that goes on from what `save` gave. */
export function createAccumulator(name: AggregateName, at: Position, saved?: Json): Accumulator {
  switch (name) {
    case 'COUNT':
      return new Count(saved);
    case 'MIN':
      return new Extreme(-1, at, saved);
    case 'MAX':
      return new Extreme(1, at, saved);
    case 'SUM':
    case 'AVG':
      return new Total(name, at, saved);
  }
}

class Count implements Accumulator {
  #count: bigint;

  constructor(saved?: Json) {
    this.#count = BigInt(text(saved ?? 0));
  }

  add(value: Value): void {
    if (value !== null) this.#count += 1n;
  }

  result(): Value {
    return this.#count;
  }

  save(): Json {
    return this.#count.toString();
  }
}

class Extreme implements Accumulator {
  readonly #sign: 1 | -1;
  readonly #at: Position;
  #best: Value;

  constructor(sign: 1 | -1, at: Position, saved?: Json) {
    this.#sign = sign;
    this.#at = at;
    this.#best = decodeValue(saved ?? null);
  }

  add(value: Value): void {
    if (value === null) return;
    const order = this.#best === null ? 1 : compare(value, this.#best, this.#at);
    if (this.#best === null || (order ?? 0) * this.#sign > 0) this.#best = value;
  }

  result(): Value {
    return this.#best;
  }

  save(): Json {
    return encodeValue(this.#best);
  }
}

/** Neumaier's compensated summation: the digits a running sum loses are kept beside it. */
class Total implements Accumulator {
  readonly #name: 'SUM' | 'AVG';
  readonly #at: Position;
  #whole = 0n;
  #sum = 0;
  #lost = 0;
  #count = 0;
  #isWhole = true;

  constructor(name: 'SUM' | 'AVG', at: Position, saved?: Json) {
    this.#name = name;
    this.#at = at;
    if (!Array.isArray(saved)) return;
    const [whole, sum, lost, count, isWhole] = saved;
    this.#whole = BigInt(text(whole));
    this.#sum = Number(sum);
    this.#lost = Number(lost);
    this.#count = Number(count);
    this.#isWhole = isWhole === true;
  }

  add(value: Value): void {
    if (value === null) return;
    const number = numeric(value, this.#at);
    this.#count += 1;
    if (typeof number === 'bigint') {
      this.#whole += number;
      return;
    }
    this.#isWhole = false;
    const sum = this.#sum + number;
    this.#lost +=
      Math.abs(this.#sum) >= Math.abs(number) ? this.#sum - sum + number : number - sum + this.#sum;
    this.#sum = sum;
  }

  result(): Value {
    if (this.#count === 0) return null;
    if (this.#name === 'SUM' && this.#isWhole) return this.#whole;
    const total = this.#sum + this.#lost + Number(this.#whole);
    return this.#name === 'SUM' ? total : total / this.#count;
  }

  save(): Json {
    return [this.#whole.toString(), this.#sum, this.#lost, this.#count, this.#isWhole];
  }
}
