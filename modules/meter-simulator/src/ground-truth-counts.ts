/** How often each kind of thing was done to readings, since the module was installed. */
import { z } from 'zod';
import type { KeptValues } from '../../shared/src/kept-values.ts';
import { TRUTH_KINDS, type Truth } from './core/ground-truth.ts';

const NAME = 'ground truth';
const Counts = z.partialRecord(z.string(), z.int());

/** They have a line when they begin and one when they have ended. */
const LASTING: readonly string[] = ['level-shift', 'stuck', 'missing', 'outage'];

export class GroundTruthCounts {
  readonly #kept: KeptValues;
  readonly #counts: Record<string, number> = {};

  constructor(kept: KeptValues) {
    this.#kept = kept;
    const before = Counts.safeParse(kept.read(NAME)).data ?? {};
    for (const kind of Object.keys(TRUTH_KINDS)) this.#counts[kind] = before[kind] ?? 0;
  }

  /** Counts, inside the caller's transaction; readings that were not measured, each of them. */
  add(truth: readonly Truth[]): void {
    for (const { kind, toMs, size } of truth) {
      if (LASTING.includes(kind) && toMs !== undefined) continue;
      this.#counts[kind] = (this.#counts[kind] ?? 0) + (kind === 'not-measured' ? size : 1);
    }
    if (truth.length > 0) this.#kept.write(NAME, this.#counts);
  }

  status(): Readonly<Record<string, number>> {
    return this.#counts;
  }
}
