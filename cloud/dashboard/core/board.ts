/**
 * What the dashboard knows: the latest averages of each meter and the anomalies.
 *
 * The server fills one from its event hubs; each open page fills its own from the server's messages.
 *
 * Invariants:
 * - of a window the highest revision is kept, whatever order revisions arrive in;
 * - an average or anomaly that arrives again changes nothing;
 * - memory is bounded: meters, hours of averages per meter, and anomalies.
 */

/** One 5-minute average of a meter, degrees Fahrenheit. */
export interface AveragePoint {
  /** End of the window, epoch milliseconds. */
  readonly endMs: number;
  readonly average: number;
  readonly minimum: number;
  readonly maximum: number;
  /** Readings in the window. */
  readonly count: number;
  /** How many there should be; null when the meter does not number its readings. */
  readonly expectedCount: number | null;
  /** Counts up when late readings re-issue the window. */
  readonly revision: number;
  /** How long after the window's end it reached Azure, seconds; null when that is not known. */
  readonly delaySeconds: number | null;
}

/** A reading (or, for a meter without a gateway, an average) that stood out. */
export interface AnomalyMark {
  readonly id: string;
  readonly atMs: number;
  readonly temp: number;
  readonly direction: 'spike' | 'dip';
  /** p-value; the smaller, the more unusual. */
  readonly score: number;
  /** Mean of what came before, degrees Fahrenheit. */
  readonly usual: number;
  /** How long after its time it reached Azure, seconds; null when that is not known. */
  readonly delaySeconds: number | null;
}

/** The averages of one meter in order of time. */
export interface MeterHistory {
  readonly id: string;
  readonly averages: readonly AveragePoint[];
}

/** Everything a board holds, as a page receives it first. */
export interface BoardSnapshot {
  readonly meters: readonly MeterHistory[];
  /** Newest first. */
  readonly anomalies: readonly AnomalyMark[];
}

/** How much a board keeps. */
export interface BoardLimits {
  /** Averages older than this before the meter's latest are forgotten, milliseconds. */
  readonly historyMs: number;
  readonly maxMeters: number;
  readonly maxPointsPerMeter: number;
  readonly maxAnomalies: number;
}

/** A day of averages, enough for five thousand meters. */
export const DEFAULT_LIMITS: BoardLimits = {
  historyMs: 24 * 3_600_000,
  maxMeters: 5_000,
  maxPointsPerMeter: 2_000,
  maxAnomalies: 1_000,
};

export class Board {
  readonly #limits: BoardLimits;
  /** In order of the last change, so that the first is the one to forget. */
  readonly #meters = new Map<string, AveragePoint[]>();
  #anomalies: AnomalyMark[] = [];
  readonly #anomalyKeys = new Set<string>();

  constructor(limits: BoardLimits = DEFAULT_LIMITS) {
    this.#limits = limits;
  }

  /** Takes in an average; false when it says nothing new. */
  addAverage(id: string, point: AveragePoint): boolean {
    const points = this.#meters.get(id) ?? [];
    if (!insert(points, point)) return false;
    const oldestMs = (points.at(-1)?.endMs ?? 0) - this.#limits.historyMs;
    const expired = points.findIndex(({ endMs }) => endMs > oldestMs);
    points.splice(0, Math.max(expired, points.length - this.#limits.maxPointsPerMeter));
    this.#meters.delete(id);
    this.#meters.set(id, points);
    if (this.#meters.size > this.#limits.maxMeters) this.#forgetQuietestMeter();
    return points.includes(point);
  }

  /** Takes in an anomaly; false when it is known or older than all that are kept. */
  addAnomaly(mark: AnomalyMark): boolean {
    const key = keyOf(mark);
    if (this.#anomalyKeys.has(key)) return false;
    const older = this.#anomalies.findIndex(({ atMs }) => atMs <= mark.atMs);
    this.#anomalies.splice(older === -1 ? this.#anomalies.length : older, 0, mark);
    this.#anomalyKeys.add(key);
    for (const dropped of this.#anomalies.splice(this.#limits.maxAnomalies)) {
      this.#anomalyKeys.delete(keyOf(dropped));
    }
    return this.#anomalyKeys.has(key);
  }

  /** Meters by name with at most their last `maxPoints` averages, and all anomalies. */
  snapshot(maxPoints = this.#limits.maxPointsPerMeter): BoardSnapshot {
    const meters = [...this.#meters]
      .map(([id, points]) => ({ id, averages: points.slice(-maxPoints) }))
      .sort((left, right) => compareIds(left.id, right.id));
    return { meters, anomalies: [...this.#anomalies] };
  }

  get meterCount(): number {
    return this.#meters.size;
  }

  #forgetQuietestMeter(): void {
    const [first] = this.#meters.keys();
    if (first !== undefined) this.#meters.delete(first);
  }
}

/** Keeps `points` in order of time with one point per window; false when a known revision is as new. */
function insert(points: AveragePoint[], point: AveragePoint): boolean {
  let at = points.length;
  while (at > 0 && (points[at - 1]?.endMs ?? 0) >= point.endMs) at -= 1;
  const known = points[at];
  const sameWindow = known?.endMs === point.endMs;
  if (sameWindow && known.revision >= point.revision) return false;
  points.splice(at, sameWindow ? 1 : 0, point);
  return true;
}

function keyOf({ id, atMs, temp }: AnomalyMark): string {
  return JSON.stringify([id, atMs, temp]);
}

const collator = new Intl.Collator('en', { numeric: true });

/** Meter2 before Meter10; equal names in a fixed order. */
function compareIds(left: string, right: string): number {
  return collator.compare(left, right) || (left < right ? -1 : Number(left > right));
}
