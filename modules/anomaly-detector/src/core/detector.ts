/** The detectors a meter can be watched with, behind one interface. */
import { SpikeAndDip, type SpikeAndDipOptions } from './spike-and-dip.ts';
import { StepDetector } from './step-detector.ts';
import type { Verdict } from './verdict.ts';

/** `steps` follows the series; `robust` and `parity` compare with the last values, as ML.NET does. */
export type DetectorVariant = 'steps' | 'robust' | 'parity';

/** How a meter is watched. */
export interface DetectorOptions extends Omit<SpikeAndDipOptions, 'variant'> {
  readonly variant: DetectorVariant;
}

/** What a detector remembers, to be stored as it is. */
export interface DetectorMemory {
  readonly variant: DetectorVariant;
  readonly numbers: Float64Array;
}

export interface Detector {
  /** Scores `value` and remembers it. */
  next(value: number): Verdict;
  /** Learns anew, as after a gap. */
  restart(): void;
  memory(): DetectorMemory;
}

/** @param memory of an earlier detector; of another variant it is left unused */
export function createDetector(options: DetectorOptions, memory?: DetectorMemory): Detector {
  const { variant } = options;
  const numbers = memory?.variant === variant ? memory.numbers : undefined;
  return variant === 'steps'
    ? stepDetector(options, numbers)
    : kernelDetector({ ...options, variant }, numbers);
}

function stepDetector(options: DetectorOptions, numbers: Float64Array | undefined): Detector {
  const detector = new StepDetector(options, numbers);
  return {
    next: (value) => detector.next(value),
    restart: () => detector.restart(),
    memory: () => ({ variant: 'steps', numbers: detector.snapshot() }),
  };
}

/** Its numbers are the running sum and then the history, oldest first. */
function kernelDetector(options: SpikeAndDipOptions, numbers: Float64Array | undefined): Detector {
  const [sumOfSquaredDifferences = 0, ...history] = numbers ?? [];
  let detector = new SpikeAndDip(options, {
    history: Float32Array.from(history),
    sumOfSquaredDifferences,
  });
  return {
    next: (value) => detector.next(value),
    restart: () => (detector = new SpikeAndDip(options)),
    memory: () => ({
      variant: options.variant,
      numbers: Float64Array.of(detector.sumOfSquaredDifferences, ...detector.history),
    }),
  };
}
