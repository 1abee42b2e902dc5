/**
 * What store-and-forward takes on disk for 30 days of ten meters, and what its messages cost.
 *
 * Run: npm run bench:store-and-forward (about a minute)
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../modules/shared/src/clock.ts';
import { openDatabase } from '../../modules/shared/src/database.ts';
import { DURABLE_SCHEMA } from '../../modules/shared/src/durable-schema.ts';
import { billedMessages, mostBodyBytes } from '../../modules/store-and-forward/src/core/billing.ts';
import { fillPacks, packBytes } from '../../modules/store-and-forward/src/core/packing.ts';
import { ForwardStore } from '../../modules/store-and-forward/src/forward-store.ts';
import { storeAndForward } from '../../modules/store-and-forward/src/store-and-forward.ts';
import { TelemetryPacker } from '../../modules/store-and-forward/src/telemetry-packer.ts';
import { settled } from '../support/fake-clock.ts';
import { FakeModule } from '../support/fake-module.ts';

const METERS = 10;
const INTERVAL_MS = 10_000;
const DAY_MS = 86_400_000;
const DAYS = 30;
const BASE_MS = Date.parse('2026-06-01T00:00:00Z');
const WINDOW_MS = 300_000;
const LIVE_READINGS = 20_000;
const MILLION = 1_000_000;

const say = (text: string) => process.stdout.write(`${text}\n`);

/** A day's curve, noise with memory, hundredths of a degree. */
function makeMeter(number: number) {
  let noise = 0;
  return (step: number) => {
    noise = 0.8 * noise + (Math.random() - 0.5) * 0.6;
    const atMs = BASE_MS + step * INTERVAL_MS + number * 137;
    const usual = 70 + 5 * Math.sin((atMs / DAY_MS) * 2 * Math.PI + number);
    return {
      id: `Meter0${number}`,
      time: new Date(atMs).toISOString(),
      temp: Math.round((usual + noise) * 100) / 100,
      seq: 1_770_000_000_000 + step,
    };
  };
}

const meters = Array.from({ length: METERS }, (_, number) => makeMeter(number));

function average(number: number, endMs: number) {
  return {
    id: `Meter0${number}`,
    windowStart: new Date(endMs - WINDOW_MS).toISOString(),
    windowEnd: new Date(endMs).toISOString(),
    average: 70 + Math.random(),
    minimum: 69.12,
    maximum: 71.87,
    count: 30,
    expectedCount: 30,
    revision: 0,
  };
}

function folderBytes(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

async function thirtyDays(): Promise<void> {
  const module = new FakeModule(storeAndForward);
  module.client.fails = true;
  module.client.connect();
  const steps = (DAYS * DAY_MS) / INTERVAL_MS;
  const batch = WINDOW_MS / INTERVAL_MS;
  let largest = 0;
  for (let step = 0; step < steps; step += batch) {
    const body = Array.from({ length: batch }, (_, more) =>
      meters.map((meter) => meter(step + more)),
    ).flat();
    module.client.offer('telemetry', body);
    const endMs = BASE_MS + (step + batch) * INTERVAL_MS;
    for (let number = 0; number < METERS; number += 1) {
      const messageId = `average/Meter0${number}/${new Date(endMs).toISOString()}/r0`;
      module.client.offer('averages', average(number, endMs), { messageId });
    }
    await settled();
    if ((step / batch) % 100 === 0) largest = Math.max(largest, folderBytes(module.folder));
  }
  const { acceptedReadings, ledgerReadings } = module.status();
  say(`30 days of 10 meters, a reading every 10 s, with their averages, nothing sent:`);
  say(`  readings kept                ${String(acceptedReadings)}`);
  say(`  of these in the ledger       ${String(ledgerReadings)}`);
  say(`  folder at the end, MiB       ${(folderBytes(module.folder) / 1_048_576).toFixed(1)}`);
  say(`  folder at most, MiB          ${(largest / 1_048_576).toFixed(1)}`);
  await module.end();
}

/** Billed messages for a million readings of ten meters, packed as they come. */
function billedLive(maxDelaySeconds: number): number {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const { database, close } = openDatabase(join(folder, 'a.db'), [
    DURABLE_SCHEMA,
    ...storeAndForward.migrations,
  ]);
  database.exec('BEGIN');
  let nowMs = 0;
  const clock = { ...systemClock, monotonicMs: () => nowMs };
  const packer = new TelemetryPacker(database, new ForwardStore(database), clock, 'gateway-01');
  const perSecond = METERS / (INTERVAL_MS / 1_000);
  let billed = 0;
  let readings = 0;
  for (let taken = 0; taken < LIVE_READINGS; taken += 1) {
    const reading = meters[taken % METERS]?.(Math.floor(taken / METERS));
    if (reading !== undefined) packer.take(reading, true);
    nowMs += 1_000 / perSecond;
    const { waitingSinceMs = nowMs } = packer;
    const dueMs = nowMs - maxDelaySeconds * 1_000;
    for (const { texts } of packer.pack(65_536, waitingSinceMs <= dueMs ? dueMs : undefined)) {
      billed += billedMessages(Buffer.byteLength(`[${texts.join(',')}]`));
      readings += texts.length;
    }
  }
  database.exec('COMMIT');
  close();
  rmSync(folder, { recursive: true });
  return (billed / readings) * MILLION;
}

/** Billed messages for a million readings in messages as large as they may be. */
function billedBacklog(maxMessageBytes: number): number {
  const items = Array.from({ length: LIVE_READINGS }, (_, index) => {
    const text = JSON.stringify(meters[index % METERS]?.(Math.floor(index / METERS)));
    return { text, bytes: Buffer.byteLength(text) };
  });
  const { packs } = fillPacks(items, mostBodyBytes(maxMessageBytes));
  const billed = packs.reduce((sum, pack) => sum + billedMessages(packBytes(pack)), 0);
  return (billed / packs.reduce((sum, { length }) => sum + length, 0)) * MILLION;
}

/** What a hub takes in a day, and what of a message it counts as one, bytes. */
const TIERS = { F1: 8_000, S1: 400_000, S2: 6_000_000, S3: 300_000_000 };
/** The free tier counts every half KiB. */
const F1_PIECES = 8;

function cost(name: string, units: number): void {
  const days = Object.entries(TIERS).map(([tier, quota]) =>
    ((units * (tier === 'F1' ? F1_PIECES : 1)) / quota).toPrecision(3).padStart(10),
  );
  say(
    `  ${name.padEnd(36)}${Math.round(units).toLocaleString('en').padStart(10)}` +
      `${(MILLION / units).toFixed(1).padStart(8)}${days.join('')}`,
  );
}

await thirtyDays();
say('\nbilled messages for a million readings:   billed  times fewer   days of F1, S1, S2, S3');
cost('one message for each reading', MILLION);
for (const seconds of [1, 10, 30, 60]) {
  cost(`ten meters live, maxDelaySeconds ${seconds}`, billedLive(seconds));
}
cost('backlog, maxMessageBytes 4,096', billedBacklog(4_096));
cost('backlog, maxMessageBytes 65,536', billedBacklog(65_536));
cost('backlog, maxMessageBytes 258,048', billedBacklog(258_048));
