/** The detector beside the plain loop, and what a hundred thousand meters take. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  createDetector,
  type DetectorVariant,
} from '../../modules/anomaly-detector/src/core/detector.ts';
import { bestOf, rateOf } from './rounds.ts';
import { whole, type Row } from './table.ts';

const SECTION = 'detector, readings/s on one core (times as many as the plain loop)';
const STATE = 'detector, state';
const ROUNDS = 5;
const METERS = 50;
const READINGS = 200_000;
const AIM_PER_SECOND = 500_000;
const MOST_STATE_BYTES = 1.2 * 1_024;
const MOST_RESTORE_SECONDS = 5;
const CONFIDENCE = 99.99;

/** Noise, the same in every run. */
const VALUES = Array.from({ length: 4_096 }, (_, index) => {
  const mixed = Math.imul(index + 1, 0x9e3779b1) >>> 8;
  return 70 + ((mixed % 1_000) / 1_000) ** 2;
});

export async function detectorRows(): Promise<Row[]> {
  return [...(await rateRows(120)), ...(await rateRows(1_200)), ...stateRows()];
}

async function rateRows(historySize: number): Promise<Row[]> {
  const count = historySize > 500 ? READINGS / 10 : READINGS;
  const rate = (make: () => (value: number) => unknown) => () => {
    const meters = Array.from({ length: METERS }, make);
    const run = (readings: number) => {
      for (let index = 0; index < readings; index += 1) {
        meters[index % METERS]?.(VALUES[index % VALUES.length] ?? 0);
      }
    };
    run(METERS * historySize);
    return rateOf(count, () => run(count));
  };
  const rates = await bestOf(ROUNDS, {
    plain: rate(() => plainLoop(historySize)),
    steps: rate(() => detectorOf('steps', historySize)),
    robust: rate(() => detectorOf('robust', historySize)),
    parity: rate(() => detectorOf('parity', historySize)),
  });
  const row = (variant: DetectorVariant, title: string): Row => {
    const times = (rates[variant] / rates.plain).toFixed(1);
    const figure = {
      section: SECTION,
      what: `${title}, history ${whole(historySize)}`,
      faithful: `${whole(rates[variant])} of ${whole(rates.plain)} (${times})`,
    };
    if (historySize !== 120) return figure;
    return { ...figure, aim: whole(AIM_PER_SECOND), isMet: rates[variant] >= AIM_PER_SECOND };
  };
  return [row('steps', 'steps (default)'), row('robust', 'robust'), row('parity', 'parity')];
}

function detectorOf(variant: DetectorVariant, historySize: number) {
  const mode = 'spikesanddips';
  const detector = createDetector({ variant, historySize, mode, confidence: CONFIDENCE });
  return (value: number) => detector.next(value);
}

/** The kernel density p-value as one would write it down: all of it again from the history each time. */
function plainLoop(historySize: number) {
  const history: number[] = [];
  return (value: number) => {
    const mean = history.reduce((sum, past) => sum + past, 0) / history.length;
    const squares = history.reduce((sum, past) => sum + (past - mean) ** 2, 0);
    const width = Math.max(Math.sqrt((2 * squares) / history.length), 1e-6);
    const tails = history.reduce((sum, past) => sum - erf((value - past) / width), 0);
    const tail = 0.5 + tails / (2 * history.length);
    history.push(value);
    if (history.length > historySize) history.shift();
    return Math.min(tail, 1 - tail) < 1 - CONFIDENCE / 100;
  };
}

/** Abramowitz and Stegun, 7.1.26. */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const factors = [0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429];
  const polynomial = factors.reduceRight((sum, factor) => (sum + factor) * t, 0);
  return Math.sign(x) * (1 - polynomial * Math.exp(-x * x));
}

interface StateFigures {
  readonly bytesPerMeter: number;
  readonly memoryBytes: number;
  readonly restoreSeconds: number;
}

/** In a process of its own, whose memory is nothing but theirs. */
function stateRows(): Row[] {
  const script = fileURLToPath(new URL('detector-state.ts', import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the detector's state was not measured: ${stderr}`);
  const figures = JSON.parse(stdout) as StateFigures;
  const { bytesPerMeter, memoryBytes, restoreSeconds } = figures;
  return [
    {
      section: STATE,
      what: 'bytes of the detector, history 120 (the whole row on disk)',
      faithful: `${whole(memoryBytes)} (${whole(bytesPerMeter)})`,
      aim: whole(MOST_STATE_BYTES),
      isMet: bytesPerMeter <= MOST_STATE_BYTES,
    },
    {
      section: STATE,
      what: '100,000 meters restored from disk, seconds',
      faithful: restoreSeconds.toFixed(1),
      aim: `${MOST_RESTORE_SECONDS}`,
      isMet: restoreSeconds <= MOST_RESTORE_SECONDS,
    },
  ];
}
