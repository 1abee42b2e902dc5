/**
 * The anomalies that must be found.
 *
 * Behind a gateway the module's own pure core says which: what it finds is tested where it lives, here
 * it is run over the journal, undisturbed, to tell what must arrive. Without a gateway, means of 30
 * seconds are scored within an hour, by a detector written a second time.
 */
import {
  MeterWatch,
  type MeterWatchOptions,
} from '../../../modules/anomaly-detector/src/core/meter-watch.ts';
import { expectedWindows, type OutOfOrderPolicy } from './expected-windows.ts';
import { anomalousPositions, spread, type SeriesValue } from './kernel-detector.ts';
import type { MeasuredMeter } from './measured.ts';

/** As in the deployment manifest. */
const GATEWAY: MeterWatchOptions = {
  variant: 'steps',
  confidence: 99.999997,
  historySize: 120,
  mode: 'spikesanddips',
  gapIntervals: 60,
  cooldownReadings: 0,
};
/** As in the query of the alerts. */
const CONFIDENCE = 99.99;
const HISTORY_SIZE = 120;
const DIRECT_WINDOW_MS = 30_000;
const DIRECT_LIMIT_MS = 3_600_000;
/** From so many standard deviations on a deviation cannot be missed. */
const CERTAIN_SIGMA = 10;

export interface ExpectedAnomaly {
  readonly id: string;
  /** Event time, epoch milliseconds; without a gateway the end of the 30 seconds. */
  readonly atMs: number;
}

/** An injected anomaly, where it shows in what is scored. */
export interface InjectedAnomaly extends ExpectedAnomaly {
  /** Whether it is large and lonely enough that it must be found. */
  readonly isCertain: boolean;
}

/** What a detector on the meter's path must raise, in order of time. */
export function expectedAnomalies(
  meter: MeasuredMeter,
  policy: OutOfOrderPolicy,
): ExpectedAnomaly[] {
  if (!meter.isDirect) return gatewayAnomalies(meter);
  const series = scoredSeries(meter, policy);
  const settings = {
    confidence: CONFIDENCE,
    historySize: HISTORY_SIZE,
    durationMs: DIRECT_LIMIT_MS,
  };
  return anomalousPositions(series, settings).flatMap((position) => {
    const value = series[position];
    return value === undefined ? [] : [{ id: meter.id, atMs: value.atMs }];
  });
}

function gatewayAnomalies({ id, readings }: MeasuredMeter): ExpectedAnomaly[] {
  const watch = new MeterWatch(GATEWAY, 0);
  return readings
    .flatMap(({ seq: _seq, ...reading }) => watch.take({ ...reading, time: '' }, 0).anomalies)
    .map(({ reading: { atMs } }) => ({ id, atMs }));
}

/**
 * The meter's injected anomalies; certain are those at least 10 sigma out after 120 quiet values
 * without a gap that restarts learning.
 */
export function injectedAnomalies(
  meter: MeasuredMeter,
  policy: OutOfOrderPolicy,
): InjectedAnomaly[] {
  const series = scoredSeries(meter, policy);
  const isAware = meter.isDirect ? () => true : learning(series);
  const positions = new Map(series.map(({ atMs }, position) => [atMs, position]));
  let previous = Number.NEGATIVE_INFINITY;
  return meter.readings.flatMap(({ injected, atMs }) => {
    if (injected === null) return [];
    const shownMs = meter.isDirect ? windowEnd(atMs) : atMs;
    const position = positions.get(shownMs);
    const isLonely = position !== undefined && position - previous >= HISTORY_SIZE;
    previous = position ?? previous;
    const isCertain = isLonely && isAware(position) && sigmas(series, position) >= CERTAIN_SIGMA;
    return [{ id: meter.id, atMs: shownMs, isCertain }];
  });
}

/** Tells whether the detector on the gateway has learned again by a position, if it had to. */
function learning(series: readonly SeriesValue[]): (position: number) => boolean {
  const gaps = series.map(({ atMs }, position) => atMs - (series[position - 1]?.atMs ?? atMs));
  const usual = gaps.toSorted((one, other) => one - other)[Math.floor(gaps.length / 2)] ?? 0;
  const longest = GATEWAY.gapIntervals * usual;
  return (position) =>
    gaps.slice(Math.max(0, position - HISTORY_SIZE), position + 1).every((gap) => gap <= longest);
}

function sigmas(series: readonly SeriesValue[], position: number): number {
  const before = series.slice(Math.max(0, position - HISTORY_SIZE), position);
  if (before.length + 1 < HISTORY_SIZE) return 0;
  const { mean, deviation } = spread(before.map(({ value }) => value));
  return Math.abs((series[position]?.value ?? mean) - mean) / deviation;
}

function windowEnd(atMs: number): number {
  return Math.ceil(atMs / DIRECT_WINDOW_MS) * DIRECT_WINDOW_MS;
}

function scoredSeries(meter: MeasuredMeter, policy: OutOfOrderPolicy): SeriesValue[] {
  if (meter.isDirect) {
    return expectedWindows(meter, DIRECT_WINDOW_MS, policy)
      .filter(({ isClosed }) => isClosed)
      .map(({ endMs, average }) => ({ atMs: endMs, value: average }));
  }
  const series: SeriesValue[] = [];
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const { atMs, temp } of meter.readings) {
    if (atMs <= lastMs) continue;
    series.push({ atMs, value: temp });
    lastMs = atMs;
  }
  return series;
}
