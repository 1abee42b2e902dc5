/** Notices that a client has fallen silent (MQTT 3.1.1, section 3.1.2.10). */
export class KeepAlive {
  readonly #limitMs: number;
  readonly #onSilence: () => void;
  #heardMs = performance.now();
  #timer: NodeJS.Timeout | undefined;

  /** @param seconds what the client asked for; 0 switches the check off */
  constructor(seconds: number, onSilence: () => void) {
    this.#limitMs = seconds * 1500;
    this.#onSilence = onSilence;
    if (seconds > 0) this.#wait(this.#limitMs);
  }

  /** Cheap, called for every packet: the timer is set anew only when it fires. */
  heard(): void {
    this.#heardMs = performance.now();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => {
      const leftMs = this.#heardMs + this.#limitMs - performance.now();
      this.#wait(leftMs > 0 ? leftMs : this.#limitMs);
      if (leftMs <= 0) this.#onSilence();
    }, ms);
  }
}
