import type { Clock } from './clock.ts';
import type { InputMessage } from './edge-client.ts';

/** How long a module that was never configured waits for its twin before it goes by its defaults. */
const LONGEST_WAIT_MS = 10_000;

/**
 * Holds the first messages of a module's life until its twin is known, so that none is treated by
 * defaults that nobody chose. They are not acknowledged meanwhile, so edgeHub's window bounds them.
 */
export class InputGate {
  readonly #pass: (message: InputMessage) => void;
  readonly #cancel: () => void;
  #held: InputMessage[] | undefined = [];

  constructor(pass: (message: InputMessage) => void, clock: Clock) {
    this.#pass = pass;
    this.#cancel = clock.after(LONGEST_WAIT_MS, () => this.open());
  }

  input(message: InputMessage): void {
    if (this.#held === undefined) this.#pass(message);
    else this.#held.push(message);
  }

  /** Lets everything through from now on. */
  open(): void {
    this.#cancel();
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const message of held) this.#pass(message);
  }

  /** Ends the waiting; what is held stays unacknowledged. */
  close(): void {
    this.#cancel();
  }
}
