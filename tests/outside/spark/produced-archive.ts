/**
 * An archive that the system itself produced: meters measure into a journal, their messages go to IoT Hub's endpoint, and
 * the cold-path job writes them to Blob Storage. Played are only the gateway's packs.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import {
  DIRECT_SPACING,
  initialGeneratorState,
  meterProfile,
  nextReading,
  type GeneratorState,
} from '../../../modules/meter-simulator/src/core/reading-generator.ts';
import { startJobs } from '../../../simulator/azure/stream-analytics/jobs.ts';
import { Journal, type NewReading } from '../../../simulator/meters/journal.ts';
import { storageConnectionString } from '../../../simulator/wire/connection-strings.ts';
import { controlClient } from '../../../simulator/wire/control-api.ts';
import type { RunningService } from '../../../simulator/wire/local-process.ts';
import type { Settings } from '../../../simulator/wire/settings.ts';
import { jobOf, SILENT_LOG, sendTelemetry } from '../../simulator/azure/stream-analytics/live.ts';
import { startAzurite, type Azurite } from '../../support/azurite.ts';
import { startTestEventHubs, type TestEventHubs } from '../../support/event-hubs.ts';
import { eventually } from '../../support/eventually.ts';

const INTERVAL_MS = 10_000;
const PACK_READINGS = 200;
const GATEWAY = 'gateway-01';
const SEED = 5;
const COUNT_WITHIN_MS = 60_000;

/** Readings of one meter, one after the other. */
interface Measuring {
  readonly meter: string;
  readonly fromMs: number;
  readonly count: number;
}

/** What a message may say that is no reading. */
export const MALFORMED_BODIES: readonly unknown[] = [
  { id: 'Meter00', time: 'yesterday', temp: 70, seq: 1 },
  { id: 'Meter00', time: '2026-01-05T00:00:00Z', temp: 'hot', seq: 2 },
  { id: 'Meter00', time: '2026-01-05T00:00:00Z', temp: { value: 70 }, seq: 3 },
  { id: 'Meter00', time: '2026-01-05T00:00:00Z', seq: 4 },
  { id: 'Meter00', time: 'a,"b"\r\nc', temp: 70, seq: 5 },
  { id: '', time: '2026-01-05T00:00:00Z', temp: 70, seq: 6 },
  { id: 'Meter00', time: '2026-01-05T00:00:00Z', temp: 70, seq: -1 },
];

export class ProducedArchive {
  readonly #settings: Settings;
  readonly #eventHubs: TestEventHubs;
  readonly #azurite: Azurite;
  readonly #journal: Journal;
  readonly #generators = new Map<string, GeneratorState>();
  #jobs: RunningService;
  #sent = 0;

  private constructor(
    settings: Settings,
    parts: { eventHubs: TestEventHubs; azurite: Azurite; jobs: RunningService; journal: Journal },
  ) {
    this.#settings = settings;
    this.#eventHubs = parts.eventHubs;
    this.#azurite = parts.azurite;
    this.#jobs = parts.jobs;
    this.#journal = parts.journal;
  }

  static async start(settings: Settings): Promise<ProducedArchive> {
    const [eventHubs, azurite] = await Promise.all([
      startTestEventHubs(settings),
      startAzurite(settings),
    ]);
    const jobs = await startJobs({ settings, log: SILENT_LOG });
    const journal = new Journal(journalOf(settings));
    return new ProducedArchive(settings, { eventHubs, azurite, jobs, journal });
  }

  /** Commits readings to the journal, and sends them in packs; every fourth pack is sent twice. */
  async measure({ meter, fromMs, count }: Measuring): Promise<void> {
    this.#journal.install({ id: meter, connection: 'gateway' }, Date.UTC(2026, 0, 1), SEED);
    const readings = this.#generate(meter, fromMs, count);
    const lastSeq =
      this.#journal.unacknowledged(meter, 0, Number.MAX_SAFE_INTEGER).at(-1)?.seq ?? 0;
    const generator =
      this.#generators.get(meter) ?? initialGeneratorState({ id: meter, seed: SEED });
    this.#journal.append([{ meterId: meter, readings, generator }]);
    const committed = this.#journal.unacknowledged(meter, lastSeq, Number.MAX_SAFE_INTEGER);
    for (let at = 0; at < committed.length; at += PACK_READINGS) {
      const pack = committed.slice(at, at + PACK_READINGS).map((each) => ({ id: meter, ...each }));
      await this.send(pack);
      if ((at / PACK_READINGS) % 4 === 3) await this.send(pack);
    }
  }

  /** Sends the latest readings of a meter once more. */
  async repeat(meter: string, count: number): Promise<void> {
    const all = this.#journal.unacknowledged(meter, 0, Number.MAX_SAFE_INTEGER);
    await this.send(all.slice(-count).map((each) => ({ id: meter, ...each })));
  }

  /** Sends a pack as the gateway does. */
  async send(pack: readonly unknown[]): Promise<void> {
    await sendTelemetry(this.#eventHubs, GATEWAY, pack, { gateway: GATEWAY });
    this.#sent += pack.length;
  }

  /** Records sent so far. */
  get sent(): number {
    return this.#sent;
  }

  /** From now on the job writes to other blobs. */
  async restartJobs(): Promise<void> {
    await this.#jobs.stop();
    this.#jobs = await startJobs({ settings: this.#settings, log: SILENT_LOG });
  }

  /** Copies the blobs to a folder, once the job has written all that was sent. */
  async copyTo(folder: string): Promise<void> {
    const control = controlClient(this.#settings, 'jobs');
    await eventually(async () => {
      const { eventsOut } = jobOf(await control.get('/status'), 'cold-path');
      if (eventsOut < this.#sent) throw new Error(`${eventsOut} of ${this.#sent} are archived`);
    }, COUNT_WITHIN_MS);
    const service = BlobServiceClient.fromConnectionString(storageConnectionString(this.#settings));
    const container = service.getContainerClient('archive');
    for await (const { name } of container.listBlobsFlat()) {
      const path = join(folder, name);
      await mkdir(dirname(path), { recursive: true });
      const content = await container.getBlobClient(name).downloadToBuffer();
      await writeFile(path, content, { flag: 'wx' }).catch((error: unknown) => {
        // It is there from an earlier copy: the job began other blobs since.
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      });
    }
  }

  async stop(): Promise<void> {
    this.#journal.close();
    await this.#jobs.stop();
    await this.#eventHubs.stop();
    await this.#azurite.stop();
  }

  #generate(meter: string, fromMs: number, count: number): NewReading[] {
    const profile = meterProfile({ id: meter, seed: SEED, ...DIRECT_SPACING });
    let state = this.#generators.get(meter) ?? initialGeneratorState({ id: meter, seed: SEED });
    const readings: NewReading[] = [];
    for (let place = 0; place < count; place += 1) {
      const atMs = fromMs + place * INTERVAL_MS;
      const made = nextReading(profile, state, { atMs });
      readings.push({ atMs, tempF: made.tempF, injected: made.injected });
      state = made.state;
    }
    this.#generators.set(meter, state);
    return readings;
  }
}

/** The journal of the archive's meters. */
export function journalOf(settings: Settings): string {
  return join(settings.stateFolder, 'journal.db');
}
