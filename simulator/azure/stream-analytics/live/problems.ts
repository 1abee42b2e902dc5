/** What is wrong with a job right now, by the part that says so. */
export class Problems {
  readonly #bySource = new Map<string, string>();

  /** The first problem that has not gone away; null when all is well. */
  get current(): string | null {
    const [first] = this.#bySource;
    return first === undefined ? null : `${first[0]}: ${first[1]}`;
  }

  /** A function to report the problem of one part, or null when it works again. */
  reporter(source: string): (problem: string | null) => void {
    return (problem) => {
      if (problem === null) this.#bySource.delete(source);
      else this.#bySource.set(source, problem);
    };
  }

  clear(): void {
    this.#bySource.clear();
  }
}
