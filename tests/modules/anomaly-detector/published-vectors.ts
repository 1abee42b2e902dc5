import type { SpikeAndDipMode } from '../../../modules/anomaly-detector/src/core/p-value.ts';

/** Input of the ML.NET detector and what its makers print for it, p-values rounded as printed. */
export interface PublishedVector {
  readonly name: string;
  readonly source: string;
  readonly confidence: number;
  readonly historySize: number;
  readonly mode: SpikeAndDipMode;
  readonly values: readonly number[];
  readonly pValues: readonly number[];
  /** Indexes of the values that alert. */
  readonly alerts: readonly number[];
  /** Half a unit of the last printed digit. */
  readonly tolerance: number;
}

/** Facts from dotnet/machinelearning, its documentation, and a user's run. */
export const PUBLISHED_VECTORS: readonly PublishedVector[] = [
  {
    name: 'the unit test of the spike detector',
    source: 'dotnet/machinelearning, TimeSeriesSimpleApiTests.SpikeDetection',
    confidence: 80,
    historySize: 2,
    mode: 'spikesanddips',
    values: [5, 5, 5, 5, 5, 10, 5, 5, 5, 5],
    pValues: [0.5, 0.5, 0.5, 0.5, 0.5, 0, 0.261375, 0.261375, 0.5, 0.5],
    alerts: [5],
    tolerance: 1e-7,
  },
  {
    name: 'the product sales of the tutorial',
    source: 'dotnet/docs, machine-learning/tutorials/sales-anomaly-detection.md',
    confidence: 95,
    historySize: 9,
    mode: 'spikesanddips',
    values: [
      271, 150.9, 188.1, 124.3, 185.3, 173.5, 236.8, 229.5, 197.8, 127.9, 341.5, 190.9, 199.3,
      154.5, 215.1, 278.3, 196.4, 292, 231, 308.6, 294.9, 426.6, 269.5, 347.3, 344.7, 445.4, 320.9,
      444.3, 406.3, 442.4, 580.5, 412.6, 687, 480.3, 586.3, 651.9,
    ],
    pValues: [
      0.5, 0, 0.41, 0.13, 0.47, 0.47, 0.19, 0.27, 0.48, 0.13, 0, 0.48, 0.48, 0.24, 0.42, 0.19, 0.43,
      0.17, 0.45, 0.18, 0.19, 0, 0.47, 0.21, 0.27, 0.06, 0.49, 0.12, 0.29, 0.21, 0, 0.45, 0.01, 0.4,
      0.2, 0.14,
    ],
    alerts: [10, 21, 30, 32],
    tolerance: 0.00501,
  },
  {
    name: 'a run whose window is filled by the spike itself',
    source: 'github.com/dotnet/machinelearning-samples/issues/816',
    confidence: 95,
    historySize: 9,
    mode: 'spikes',
    values: [100, 120, 130, 128, 135, 156, 140, 150, 850, 170, 154, 162, 147, 154.5],
    pValues: [0.5, 0, 0.08, 0.28, 0.18, 0.01, 0.31, 0.19, 0, 0.5, 0.54, 0.53, 0.56, 0.55],
    alerts: [8],
    tolerance: 0.00501,
  },
];
