/**
 * How a virtual meter's reading gets away: at once or late, once or twice, and with the time of a
 * clock that drifts.
 */
import { Random, seedFrom } from './random.ts';

/** Shares of readings in percent, and the longest delay. */
export interface SendingFaults {
  readonly latePercent: number;
  readonly repeatPercent: number;
  /** Longest delay of a late reading, or of its repeat, seconds. */
  readonly lateSeconds: number;
}

/** What becomes of one reading. */
export interface Sending {
  /** It is sent so long after it was measured; undefined when at once. */
  readonly lateMs: number | undefined;
  /** It is sent once more so long after that; undefined when not. */
  readonly repeatMs: number | undefined;
}

const DAY_MS = 86_400_000;
/** A meter's clock is set right so often. */
const CLOCK_SET_DAYS = 30;
const SHORTEST_DELAY_MS = 1_000;

/** Draws what becomes of a reading; as many numbers whatever the percentages are. */
export function drawSending(faults: SendingFaults, random: Random): Sending {
  const [late, repeat] = [random.uniform() * 100, random.uniform() * 100];
  const [lateShare, repeatShare] = [random.uniform(), random.uniform()];
  const delayMs = (share: number) =>
    Math.round(SHORTEST_DELAY_MS + share * (faults.lateSeconds * 1_000 - SHORTEST_DELAY_MS));
  return {
    lateMs: late < faults.latePercent ? delayMs(lateShare) : undefined,
    repeatMs: repeat < faults.repeatPercent ? delayMs(repeatShare) : undefined,
  };
}

/** What a meter's clock gains in a day, seconds; up to `mostSeconds` either way. */
export function driftOf(meter: string, mostSeconds: number): number {
  if (mostSeconds === 0) return 0;
  const { uniform } = driftNumbers(meter);
  return Math.round((2 * uniform - 1) * mostSeconds * 1_000) / 1_000;
}

/** What a drifting clock shows at an instant, both epoch milliseconds; it is set right every 30 days. */
export function driftedMs(meter: string, driftSeconds: number, atMs: number): number {
  if (driftSeconds === 0) return atMs;
  const { phaseMs } = driftNumbers(meter);
  const sinceSetMs = (atMs + phaseMs) % (CLOCK_SET_DAYS * DAY_MS);
  return Math.round(atMs + (sinceSetMs / DAY_MS) * driftSeconds * 1_000);
}

function driftNumbers(meter: string): { uniform: number; phaseMs: number } {
  const random = new Random(seedFrom(`${meter}/clock`));
  const uniform = random.uniform();
  return { uniform, phaseMs: Math.floor(random.uniform() * CLOCK_SET_DAYS * DAY_MS) };
}
