import type { Stateful } from '../operators/keyed-state.ts';
import type { Downstream } from '../row.ts';
import type { Scope } from './scope.ts';

/** The part of a SELECT that computes aggregates or analytic functions. */
export interface Chain {
  /** What the SELECT list, and what follows the computation, can name. */
  readonly scope: Scope;
  /** Puts the operators in front of `next`. */
  build(next: Downstream): BuiltChain;
}

export interface BuiltChain {
  readonly first: Downstream;
  /** Those of them that remember something, by the name of their state. */
  readonly stateful: readonly (readonly [string, Stateful])[];
}
