/** Readings or results of one meter that did not get through, and what is known of them. */
export interface Loss {
  /** The meter; empty when it is not known, or when they are several. */
  readonly id: string;
  /** Epoch milliseconds, first and last. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly count: number;
  /** Of the temperatures of lost readings, degrees Fahrenheit; absent when they are not known. */
  readonly average?: number | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
}

/** Two losses as one, under the first one's meter. Temperatures stay only if both are known. */
export function merged(a: Loss, b: Loss): Loss {
  const count = a.count + b.count;
  const fromMs = Math.min(a.fromMs, b.fromMs);
  const total = { id: a.id, fromMs, toMs: Math.max(a.toMs, b.toMs), count };
  return isMeasured(a) && isMeasured(b)
    ? {
        ...total,
        average: a.average + (b.average - a.average) * (b.count / count),
        minimum: Math.min(a.minimum, b.minimum),
        maximum: Math.max(a.maximum, b.maximum),
      }
    : total;
}

type Measured = Loss & { average: number; minimum: number; maximum: number };

function isMeasured(loss: Loss): loss is Measured {
  return loss.average !== undefined && loss.minimum !== undefined && loss.maximum !== undefined;
}
