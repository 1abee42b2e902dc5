/**
 * The long published baselines of ML.NET and the sets derived from them. They lie beside the
 * repository on the machines that have them; elsewhere this file registers nothing.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import type { SpikeAndDipMode } from '../../../modules/anomaly-detector/src/core/p-value.ts';
import { SpikeAndDip } from '../../../modules/anomaly-detector/src/core/spike-and-dip.ts';

const PATH = new URL('../../../../shared/vectors/iid-spike.json', import.meta.url);
const MODES: Record<string, SpikeAndDipMode> = {
  TwoSided: 'spikesanddips',
  Positive: 'spikes',
  Negative: 'dips',
};

const Numbers = z.array(
  z
    .number()
    .nullable()
    .transform((value) => value ?? Number.NaN),
);
const Vector = z.object({
  id: z.string(),
  config: z.object({
    confidence: z.number().default(95),
    pvalueHistoryLength: z.int(),
    side: z.string(),
  }),
  input: Numbers,
  expectedAlert: z.array(z.number()).optional(),
  expectedP: Numbers,
  toleranceAbs: z.number().optional(),
  compareAs: z.string().optional(),
});
const Vectors = z.object({ published: z.array(Vector), derived: z.array(Vector) });

if (existsSync(PATH)) {
  const { published, derived } = Vectors.parse(JSON.parse(readFileSync(PATH, 'utf8')));
  describe('spike and dip on the published baselines', () => {
    for (const vector of [...published, ...derived]) {
      it(`reproduces ${vector.id}`, () => {
        const detector = new SpikeAndDip({
          confidence: vector.config.confidence,
          historySize: vector.config.pvalueHistoryLength,
          mode: MODES[vector.config.side] ?? 'spikesanddips',
          variant: 'parity',
        });
        for (const [index, value] of vector.input.entries()) {
          const verdict = detector.next(value);
          const score = vector.compareAs === 'float32' ? Math.fround(verdict.score) : verdict.score;
          const expected = vector.expectedP[index] ?? Number.NaN;
          const tolerance = Math.max(vector.toleranceAbs ?? 0, 1e-12, 1e-7 * Math.abs(expected));
          const same = Number.isNaN(expected)
            ? Number.isNaN(score)
            : Math.abs(score - expected) <= tolerance;
          assert.ok(same, `value ${index}: ${score}, expected ${expected}`);
          const alert = vector.expectedAlert?.[index];
          if (alert !== undefined) assert.equal(Number(verdict.isAnomaly), alert, `value ${index}`);
        }
      });
    }
  });
}
