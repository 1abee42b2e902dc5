/** The jobs of the process around the gateway. */
import type { Settings } from '../../../simulator/wire/settings.ts';
import { pause } from './pause.ts';
import type {
  CountJob,
  CountResult,
  FillJob,
  FillResult,
  LatencyJob,
  LatencyResult,
  LoadJob,
  LoadResult,
} from './jobs.ts';
import { LatencyWatch } from './latency-watch.ts';
import { LoadReadings } from './load-readings.ts';
import { LoadSender } from './load-sender.ts';
import { processorSeconds, residentMebibytes } from './process-usage.ts';
import { longestReadings, queueLengths } from './queue-lengths.ts';
import type { StandInHub } from './stand-in-hub.ts';

export interface Surroundings {
  readonly settings: Settings;
  readonly hub: StandInHub;
  readonly caPem: string;
  readonly loadKey: string;
}

/** Readings lie back so far that no clock could find them ahead, and not so far that they expire. */
const BACK_MS = 20 * 86_400_000;
const LOOK_MS = 100;
const TICK_MS = 10;
/** What is handed in when nothing more is to be measured must come out within this time. */
const PATIENCE_MS = 120_000;
const FILL_BATCH = 100;
const FILL_QUEUED = 50;
/** So many readings teach a meter's detector what is usual. */
const LEARNT = 60;
const SPIKE_F = 30;

/** Readings on their way in, held back by what waits in edge-hub. */
class Feed {
  readonly #surroundings: Surroundings;
  readonly #readings: LoadReadings;
  readonly #mostQueued: number;
  readonly #startReadings: number;
  #sender: LoadSender | undefined;
  #mayBegin = 0;
  #begun = 0;
  #queued = 0;
  #isOpen = true;

  private constructor(surroundings: Surroundings, readings: LoadReadings, mostQueued: number) {
    this.#surroundings = surroundings;
    this.#readings = readings;
    this.#mostQueued = mostQueued;
    this.#startReadings = surroundings.hub.readings;
  }

  static async open(
    surroundings: Surroundings,
    readings: LoadReadings,
    mostQueued: number,
  ): Promise<Feed> {
    const feed = new Feed(surroundings, readings, mostQueued);
    const identity = { moduleId: 'meter-simulator', key: surroundings.loadKey };
    const { settings, caPem } = surroundings;
    feed.#sender = await LoadSender.open(settings, caPem, identity, () => feed.#fill());
    return feed;
  }

  /** Sends so many more messages. */
  allow(messages: number): void {
    this.#mayBegin += messages;
    this.#fill();
  }

  /** Messages that the slowest module has taken in. */
  get passed(): number {
    return (this.#sender?.acknowledged ?? 0) - this.#queued;
  }

  get messages(): number {
    return this.#begun;
  }

  /** Readings that IoT Hub has, of this feed. */
  get arrived(): number {
    return this.#surroundings.hub.readings - this.#startReadings;
  }

  /** Asks edge-hub how much waits, and goes on sending accordingly. */
  async look(): Promise<void> {
    const { settings } = this.#surroundings;
    const uri = `http://127.0.0.1:${settings.ports.edgeHubMetrics}/metrics`;
    this.#queued = longestReadings(await queueLengths(uri));
    this.#fill();
  }

  /** Sends nothing more, and waits until all is through; how many readings are missing. */
  async end(): Promise<number> {
    this.#isOpen = false;
    const deadlineMs = performance.now() + PATIENCE_MS;
    const isThrough = () => this.passed === this.#begun && this.arrived >= this.#readings.made;
    while (!isThrough() && performance.now() < deadlineMs) {
      await pause(LOOK_MS);
      await this.look();
    }
    this.#sender?.close();
    return this.#readings.made - this.arrived;
  }

  #fill(): void {
    const sender = this.#sender;
    if (sender === undefined || !this.#isOpen) return;
    const inside = sender.acknowledged - this.passed;
    const free = Math.min(sender.room, this.#mayBegin - this.#begun, this.#mostQueued - inside);
    const bodies: string[] = [];
    for (let index = 0; index < free; index += 1) bodies.push(this.#readings.next());
    this.#begun += bodies.length;
    sender.send(bodies);
  }
}

/** Sends as fast as the gateway takes it, and says how fast that was. */
export async function runLoad(surroundings: Surroundings, job: LoadJob): Promise<LoadResult> {
  const { hub } = surroundings;
  const readings = new LoadReadings(job, Date.now() - BACK_MS);
  const feed = await Feed.open(surroundings, readings, job.mostQueued);
  const messagesBefore = hub.messages;
  feed.allow(Number.MAX_SAFE_INTEGER);
  await watchFor(job.warmUpMs, () => feed.look());
  const before = { ...usage(job), passed: feed.passed, arrived: feed.arrived, atMs: now() };
  const residentPeaks = new Map<string, number>();
  await watchFor(job.measureMs, async () => {
    await feed.look();
    for (const [name, pid] of Object.entries(job.watched)) {
      const most = residentPeaks.get(name) ?? 0;
      residentPeaks.set(name, Math.max(most, residentMebibytes(pid)));
    }
  });
  const after = { ...usage(job), passed: feed.passed, arrived: feed.arrived, atMs: now() };
  const missing = await feed.end();
  const seconds = (after.atMs - before.atMs) / 1_000;
  const through = Math.min(
    (after.passed - before.passed) * job.batch,
    after.arrived - before.arrived,
  );
  const shares = Object.keys(after.processor).map((name) => [
    name,
    ((after.processor[name] ?? 0) - (before.processor[name] ?? 0)) / seconds,
  ]);
  return {
    messagesPerSecond: through / job.batch / seconds,
    readingsPerSecond: through / seconds,
    missing,
    upMessages: hub.messages - messagesBefore,
    processor: Object.fromEntries(shares) as Record<string, number>,
    residentMebibytes: Object.fromEntries(residentPeaks),
  };
}

/** Some readings of each meter, until all are through. */
export async function runFill(surroundings: Surroundings, job: FillJob): Promise<FillResult> {
  const batching = { meters: job.meters, batch: FILL_BATCH, of: 'many meters' } as const;
  const readings = new LoadReadings(batching, Date.now() - BACK_MS);
  await fill(surroundings, readings, job.meters * job.readingsEach);
  return { readings: readings.made };
}

/** Single readings at a steady pace; a meter's anomaly now and then. */
export async function runLatency(
  surroundings: Surroundings,
  job: LatencyJob,
): Promise<LatencyResult> {
  const { settings, hub, caPem, loadKey } = surroundings;
  const batching = { meters: job.meters, batch: FILL_BATCH, of: 'many meters' } as const;
  const readings = new LoadReadings(batching, Date.now() - BACK_MS);
  await fill(surroundings, readings, job.meters * LEARNT);
  const watch = new LatencyWatch();
  hub.onTelemetry = (bag, body) => watch.arrived(bag['kind'] ?? '', body.toString());
  const identity = { moduleId: 'meter-simulator', key: loadKey };
  const sender = await LoadSender.open(settings, caPem, identity, () => {});
  const count = job.readingsPerSecond * job.seconds;
  const startedMs = now();
  for (let sent = 0; sent < count;) {
    const due = Math.min(count, ((now() - startedMs) / 1_000) * job.readingsPerSecond);
    for (; sent < due; sent += 1) {
      // Each meter has one anomaly at most: the next would be part of the same departure.
      const isSpike = sent % 2 === 1 && sent >> 1 < job.meters;
      const meter = isSpike ? sent >> 1 : (sent * 7) % job.meters;
      const text = readings.reading(meter, isSpike ? SPIKE_F : 0);
      watch.sent(meter, readings.latestSeq(meter), isSpike);
      sender.send([text]);
    }
    await pause(TICK_MS);
  }
  const deadlineMs = now() + PATIENCE_MS;
  while (!watch.isComplete && now() < deadlineMs) await pause(LOOK_MS);
  sender.close();
  hub.onTelemetry = () => {};
  return watch.result;
}

/** How fast messages come up, from the first of them. */
export async function runCount(
  { hub }: Surroundings,
  { messages }: CountJob,
): Promise<CountResult> {
  let count = 0;
  let firstMs = 0;
  let lastMs = 0;
  hub.onTelemetry = () => {
    count += 1;
    lastMs = now();
    if (count === 1) firstMs = lastMs;
  };
  const deadlineMs = now() + PATIENCE_MS;
  while (count < messages && now() < deadlineMs) await pause(TICK_MS);
  hub.onTelemetry = () => {};
  if (count < messages) throw new Error(`only ${count} of ${messages} messages came up`);
  return { messagesPerSecond: (1_000 * (count - 1)) / (lastMs - firstMs) };
}

async function fill(
  surroundings: Surroundings,
  readings: LoadReadings,
  count: number,
): Promise<void> {
  const feed = await Feed.open(surroundings, readings, FILL_QUEUED);
  const messages = Math.ceil(count / FILL_BATCH);
  feed.allow(messages);
  while (feed.messages < messages) {
    await pause(LOOK_MS);
    await feed.look();
  }
  const missing = await feed.end();
  if (missing > 0) throw new Error(`${missing} readings did not come up`);
}

async function watchFor(forMs: number, look: () => Promise<void>): Promise<void> {
  const untilMs = now() + forMs;
  while (now() < untilMs) {
    await pause(LOOK_MS);
    await look();
  }
}

function usage({ watched }: LoadJob): { processor: Record<string, number> } {
  const all = { ...watched, load: process.pid };
  const seconds = Object.entries(all).map(([name, pid]) => [name, processorSeconds(pid)]);
  return { processor: Object.fromEntries(seconds) as Record<string, number> };
}

function now(): number {
  return performance.now();
}
