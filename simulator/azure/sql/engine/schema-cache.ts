/**
 * What statements ask of the schema again and again: tables with their keys, and who may do what.
 *
 * Invariant: what was read before a change to the schema is not told after it.
 */
export class SchemaCache {
  readonly #known = new Map<string, unknown>();
  #version = 0;

  /** The answer to a question, which is asked when nobody has before. */
  async get<T>(key: string, ask: () => Promise<T>): Promise<T> {
    if (this.#known.has(key)) return this.#known.get(key) as T;
    const version = this.#version;
    const answer = await ask();
    if (version === this.#version) this.#known.set(key, answer);
    return answer;
  }

  /** Forgets all of it: the schema has changed. */
  forget(): void {
    this.#version += 1;
    this.#known.clear();
  }
}
