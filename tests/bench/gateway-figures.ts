/** The whole gateway: how many readings a second, and how long one takes. */
import { BenchGateway, PATH_MODULES } from './gateway/bench-gateway.ts';
import type { LatencyResult, LoadResult } from './gateway/jobs.ts';
import type { Batching } from './gateway/load-readings.ts';
import { quantile } from './rounds.ts';
import { whole, type Row } from './table.ts';

const RATES =
  'whole gateway, readings/s (edge-hub, averager, detector, store-and-forward; every commit on disk)';
const LATENCIES = 'whole gateway, milliseconds from a reading to $upstream (p50, p99, p99.9)';
const PROCESSORS =
  'whole gateway, processor milliseconds for 1,000 readings (edge-hub; store-and-forward, averager, detector; the load)';

/** What goes in last would else wait for a minute before the run could end. */
const DESIRED = { 'store-and-forward': { maxDelaySeconds: 1 } };
const WARM_UP_MS = 3_000;
const MEASURE_MS = 8_000;
const MOST_QUEUED = { faithful: 200, wide: 1_000 };

interface Load extends Batching {
  readonly title: string;
  readonly aim?: { readonly faithful: number; readonly wide: number };
}

const LOADS: readonly Load[] = [
  {
    title: 'single readings',
    meters: 100,
    batch: 1,
    of: 'one meter',
    aim: { faithful: 300, wide: 2_000 },
  },
  {
    title: 'batches of 100, of one meter each',
    meters: 1_000,
    batch: 100,
    of: 'one meter',
    aim: { faithful: 40_000, wide: 100_000 },
  },
  { title: 'batches of 100, of 10,000 meters', meters: 10_000, batch: 100, of: 'many meters' },
];

const LATENCY = { kind: 'latency', meters: 1_000, readingsPerSecond: 100, seconds: 20 } as const;

interface Figures {
  readonly loads: readonly LoadResult[];
  readonly latency: LatencyResult;
}

/** Both windows, one after the other. */
export async function gatewayRows(bundles: string, say: (text: string) => void): Promise<Row[]> {
  const faithful = await measure(true, bundles, say);
  const wide = await measure(false, bundles, say);
  return [
    ...LOADS.map((load, index) => rateRow(load, faithful.loads[index], wide.loads[index])),
    ...LOADS.map(({ title }, index) => ({
      section: PROCESSORS,
      what: title,
      faithful: costs(faithful.loads[index]),
      wide: costs(wide.loads[index]),
    })),
    latencyRow('a reading, maxDelaySeconds 1', faithful, wide, 'readings'),
    latencyRow('an anomaly', faithful, wide, 'anomalies'),
  ];
}

async function measure(
  faithful: boolean,
  bundles: string,
  say: (text: string) => void,
): Promise<Figures> {
  const window = faithful ? 'one unacknowledged message' : 'the wide window';
  const loads: LoadResult[] = [];
  for (const { title, ...batching } of LOADS) {
    say(`gateway with ${window}: ${title}`);
    const result = await withGateway(faithful, bundles, (gateway) =>
      gateway.run<'load'>({
        kind: 'load',
        ...batching,
        watched: gateway.pids,
        warmUpMs: WARM_UP_MS,
        measureMs: MEASURE_MS,
        mostQueued: faithful ? MOST_QUEUED.faithful : MOST_QUEUED.wide,
      }),
    );
    if (result.missing !== 0) say(`NOT ALL THERE: ${result.missing} readings are missing`);
    loads.push(result);
  }
  say(`gateway with ${window}: latency`);
  const latency = await withGateway(faithful, bundles, (gateway) =>
    gateway.run<'latency'>(LATENCY),
  );
  return { loads, latency };
}

async function withGateway<T>(
  faithful: boolean,
  bundles: string,
  work: (gateway: BenchGateway) => Promise<T>,
): Promise<T> {
  const gateway = await BenchGateway.start({
    faithful,
    bundles,
    modules: PATH_MODULES,
    desired: DESIRED,
  });
  try {
    return await work(gateway);
  } finally {
    await gateway.stop();
  }
}

function rateRow({ title, aim }: Load, faithful?: LoadResult, wide?: LoadResult): Row {
  const [one = 0, many = 0] = [faithful?.readingsPerSecond, wide?.readingsPerSecond];
  const row = { section: RATES, what: title, faithful: whole(one), wide: whole(many) };
  if (aim === undefined) return row;
  return {
    ...row,
    aim: `${whole(aim.faithful)}; ${whole(aim.wide)}`,
    isMet: one >= aim.faithful && many >= aim.wide,
  };
}

/** What does not depend on who else uses the machine. */
function costs(result: LoadResult | undefined): string {
  const { 'edge-hub': hub = 0, load = 0, ...modules } = result?.processor ?? {};
  const cost = (share: number) =>
    ((1e6 * share) / (result?.readingsPerSecond ?? Number.NaN)).toPrecision(3);
  const each = PATH_MODULES.map((id) => cost(modules[id] ?? 0));
  return `${cost(hub)}; ${each.join(' ')}; ${cost(load)}`;
}

function latencyRow(what: string, faithful: Figures, wide: Figures, of: keyof LatencyResult): Row {
  const cell = ({ latency }: Figures) =>
    [0.5, 0.99, 0.999].map((share) => whole(quantile(latency[of], share))).join(', ');
  return { section: LATENCIES, what, faithful: cell(faithful), wide: cell(wide) };
}
