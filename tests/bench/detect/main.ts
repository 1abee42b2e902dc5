/**
 * How well the detectors find what is labelled, and how often they alert on nothing.
 *
 * Run: npm run bench:detect [-- FOLDER]; FOLDER holds merlion/ and nab/ (see labelled-series.ts) and is
 * ../shared/data by default. Without it only the meters' own generator is measured.
 */
import { join, resolve } from 'node:path';
import {
  createDetector,
  type DetectorOptions,
} from '../../../modules/anomaly-detector/src/core/detector.ts';
import { merlionSeries, nabSeries, type LabelledSeries } from './labelled-series.ts';
import { meterSeries, type MeterSeries } from './meter-series.ts';

const DAY_SECONDS = 86_400;
const MONTH_SECONDS = 30 * DAY_SECONDS;
const MODE = { historySize: 120, mode: 'spikesanddips' } as const;

const DETECTORS: readonly [string, DetectorOptions][] = [
  ['parity 95', { ...MODE, variant: 'parity', confidence: 95 }],
  ['parity 99.99', { ...MODE, variant: 'parity', confidence: 99.99 }],
  ['robust 99.99', { ...MODE, variant: 'robust', confidence: 99.99 }],
  ['robust 99.999997', { ...MODE, variant: 'robust', confidence: 99.999997 }],
  ['steps 99.9999', { ...MODE, variant: 'steps', confidence: 99.9999 }],
  ['steps 99.999997 (default)', { ...MODE, variant: 'steps', confidence: 99.999997 }],
];

const QUIET_METERS = ['Quiet1', 'Quiet2', 'Quiet3', 'Quiet4'];
const quietMonths = new Map<number, MeterSeries[]>();

const folder = resolve(process.argv[2] ?? '../shared/data');
const say = (...cells: (string | number)[]) =>
  console.log(cells.map((cell, index) => String(cell).padEnd(index === 0 ? 27 : 17)).join(''));

labelled('Merlion, spikes and dips', merlionSeries(join(folder, 'merlion')));
labelled('NAB, temperatures', nabSeries(join(folder, 'nab')));
generator();
falseAlarms();

function labelled(title: string, series: readonly LabelledSeries[]): void {
  if (series.length === 0) {
    console.log(`${title}: not measured, there is no copy in ${folder}.\n`);
    return;
  }
  console.log(`${title}: events found, alerts outside of them\n`);
  say(
    '',
    ...series.map(({ name }) =>
      name.replace(/_(anomaly|temperature_system_failure)/, '').slice(0, 16),
    ),
    'all',
  );
  for (const [name, options] of DETECTORS) {
    const results = series.map((one) => judge(one, options));
    const cell = (found: number, events: number, outside: number) =>
      `${found}/${events}, ${outside}`;
    const sum = (pick: (result: (typeof results)[number]) => number) =>
      results.reduce((total, result) => total + pick(result), 0);
    say(
      name,
      ...results.map(({ found, events, outside }) => cell(found, events, outside)),
      cell(
        sum((one) => one.found),
        sum((one) => one.events),
        sum((one) => one.outside),
      ),
    );
  }
  console.log();
}

function judge({ values, events }: LabelledSeries, options: DetectorOptions) {
  const alerts = alertsOf(values, options);
  const inside = (at: number) => events.some(([from, to]) => at >= from && at < to);
  return {
    events: events.length,
    found: events.filter(([from, to]) => alerts.some((at) => at >= from && at < to)).length,
    outside: alerts.filter((at) => !inside(at)).length,
  };
}

function alertsOf(values: Iterable<number>, options: DetectorOptions): number[] {
  const detector = createDetector(options);
  const alerts: number[] = [];
  let position = 0;
  for (const value of values) {
    if (detector.next(value).isAnomaly) alerts.push(position);
    position += 1;
  }
  return alerts;
}

/** Four meters for a month, a reading every ten seconds. */
function generator(): void {
  const intervalSeconds = 10;
  const months = ['Meter01', 'Meter02', 'Meter03', 'Meter04'].map((id) =>
    meterSeries({ id, count: MONTH_SECONDS / intervalSeconds, intervalSeconds }),
  );
  console.log("The meters' generator, a reading every 10 s, 4 meters for a month\n");
  say('', '10 sigma found', 'false per month', 'µs per reading');
  for (const [name, options] of DETECTORS) {
    const startedAt = performance.now();
    const counts = months.map((month) => countIn(month, options));
    const readings = months.reduce((sum, { values }) => sum + values.length, 0);
    const micros = (1_000 * (performance.now() - startedAt)) / readings;
    const of = (pick: (count: (typeof counts)[number]) => number) =>
      counts.reduce((sum, count) => sum + pick(count), 0);
    say(
      name,
      `${of((c) => c.found)}/${of((c) => c.injected)}`,
      of((c) => c.wrong) / months.length,
      micros.toFixed(2),
    );
  }
  console.log();
}

function countIn({ values, anomalies }: MeterSeries, options: DetectorOptions) {
  const injected = new Set(anomalies);
  const alerts = alertsOf(values, options);
  const found = alerts.filter((at) => injected.has(at)).length;
  return { injected: injected.size, found, wrong: alerts.length - found };
}

/** What confidence means: false alarms per meter and month, by the time between readings. */
function falseAlarms(): void {
  const intervals = [10, 60, 300];
  const confidences = [99, 99.9, 99.99, 99.9999, 99.999997];
  console.log('False alarms per meter and month (four meter-months each, nothing injected)\n');
  say('', ...intervals.map((seconds) => `every ${seconds} s`));
  for (const variant of ['robust', 'steps'] as const) {
    for (const confidence of confidences) {
      const rates = intervals.map((seconds) =>
        falsePerMonth({ ...MODE, variant, confidence }, seconds),
      );
      say(`${variant} ${confidence}`, ...rates.map((rate) => rate.toFixed(1)));
    }
  }
}

function falsePerMonth(options: DetectorOptions, intervalSeconds: number): number {
  const months =
    quietMonths.get(intervalSeconds) ??
    QUIET_METERS.map((id) =>
      meterSeries({ id, count: MONTH_SECONDS / intervalSeconds, intervalSeconds, isQuiet: true }),
    );
  quietMonths.set(intervalSeconds, months);
  const alerts = months.reduce((sum, { values }) => sum + alertsOf(values, options).length, 0);
  return alerts / months.length;
}
