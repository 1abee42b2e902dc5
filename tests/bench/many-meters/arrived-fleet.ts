/** What of a large fleet arrived at IoT Hub's built-in endpoint. */
import { BUILT_IN_ENDPOINT } from '../../../simulator/azure/event-hubs/namespace.ts';
import { readEventHub } from '../../../simulator/proof/observe/whole-event-hub.ts';
import type { Settings } from '../../../simulator/wire/settings.ts';
import type { FleetReading, FleetSums } from './measured-fleet.ts';

interface ArrivedAverage {
  readonly id: string;
  readonly windowEnd: string;
  readonly average: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly count: number;
  readonly revision: number;
}

/** What arrived, by kind. */
export interface Arrived {
  /** Messages by kind. */
  readonly messages: Readonly<Record<string, number>>;
  readonly anomalies: number;
  readonly averages: ArrivedAverages;
}

/** The last revision of each window of each meter. */
export class ArrivedAverages {
  readonly #sums: FleetSums;
  readonly #last = new Map<string, ArrivedAverage>();
  revisions = 0;

  /** @param sums only for its numbers of meters */
  constructor(sums: FleetSums) {
    this.#sums = sums;
  }

  add(average: ArrivedAverage): void {
    const key = `${average.windowEnd}/${this.#sums.indexOf(average.id)}`;
    const known = this.#last.get(key);
    if (known !== undefined) this.revisions += 1;
    if (known === undefined || average.revision > known.revision) this.#last.set(key, average);
  }

  get windows(): number {
    return this.#last.size;
  }

  /** Windows that are not as measured, and measured ones that did not arrive. */
  problems(measured: FleetSums): { wrong: number; missing: number } {
    let wrong = 0;
    let expected = 0;
    for (const window of measured.windows.values()) {
      for (const count of window.counts) expected += Number(count > 0);
    }
    for (const average of this.#last.values()) {
      const window = measured.windows.get(Date.parse(average.windowEnd));
      const index = measured.indexOf(average.id);
      const count = window?.counts[index] ?? 0;
      const isRight =
        count === average.count &&
        window?.minimums[index] === average.minimum &&
        window.maximums[index] === average.maximum &&
        Math.abs((window.totals[index] ?? 0) / count - average.average) < 1e-9;
      if (!isRight) wrong += 1;
    }
    return { wrong, missing: expected - this.#last.size };
  }
}

/** Reads everything from the beginning on. */
export async function readArrived(
  settings: Settings,
  sums: FleetSums,
  numbers: FleetSums,
): Promise<Arrived> {
  const messages: Record<string, number> = {};
  const averages = new ArrivedAverages(numbers);
  let anomalies = 0;
  const take = (kind: string, body: unknown) => {
    messages[kind] = (messages[kind] ?? 0) + 1;
    const entries = Array.isArray(body) ? (body as unknown[]) : [body];
    for (const entry of entries) {
      if (kind === 'telemetry') sums.add(entry as FleetReading);
      else if (kind === 'average') averages.add(entry as ArrivedAverage);
      else if (kind === 'anomaly') anomalies += 1;
    }
  };
  await readEventHub(settings, BUILT_IN_ENDPOINT, ({ body, properties }) =>
    take(String(properties?.['kind']), body),
  );
  return { messages, anomalies, averages };
}
