/**
 * What an operator remembers, by key, and which keys changed since it was last saved.
 *
 * Invariant: the changes taken, put over all changes taken before, are the whole state.
 */
import type { Json } from '../state-codec.ts';

/** One saved entry; `text` is absent when the key is gone. */
export interface StateChange {
  readonly operator: string;
  readonly key: string;
  readonly text: string | undefined;
}

/** An operator that must go on after a restart as if nothing had happened. */
export interface Stateful {
  /** Entries that changed since the last call. */
  takeChanges(): StateChange[];
  restore(key: string, text: string): void;
}

/** How the state of one key becomes JSON and comes back. */
export interface StateForm<T> {
  save(state: T): Json;
  load(json: Json): T;
}

/** A map that knows what has changed. */
export class KeyedState<T> implements Stateful {
  readonly #operator: string;
  readonly #form: StateForm<T>;
  readonly #states = new Map<string, T>();
  readonly #changed = new Set<string>();

  constructor(operator: string, form: StateForm<T>) {
    this.#operator = operator;
    this.#form = form;
  }

  get(key: string): T | undefined {
    return this.#states.get(key);
  }

  keys(): string[] {
    return [...this.#states.keys()];
  }

  /** Puts a state, and marks it as changed; call it after changing one in place, too. */
  set(key: string, state: T): void {
    this.#states.set(key, state);
    this.#changed.add(key);
  }

  delete(key: string): void {
    if (this.#states.delete(key)) this.#changed.add(key);
  }

  takeChanges(): StateChange[] {
    const changes = [...this.#changed].map((key) => {
      const state = this.#states.get(key);
      const text = state === undefined ? undefined : JSON.stringify(this.#form.save(state));
      return { operator: this.#operator, key, text };
    });
    this.#changed.clear();
    return changes;
  }

  restore(key: string, text: string): void {
    this.#states.set(key, this.#form.load(JSON.parse(text)));
  }
}
