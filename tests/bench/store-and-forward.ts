/**
 * What store-and-forward takes on disk for 30 days of ten meters, and what its messages cost.
 *
 * Run: npm run bench:store-and-forward (about a minute)
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { mostBodyBytes } from '../../modules/store-and-forward/src/core/billing.ts';
import { fillPacks } from '../../modules/store-and-forward/src/core/packing.ts';
import { storeAndForward } from '../../modules/store-and-forward/src/store-and-forward.ts';
import { settled } from '../support/fake-clock.ts';
import { FakeModule } from '../support/fake-module.ts';

const METERS = 10;
const INTERVAL_MS = 10_000;
const DAY_MS = 86_400_000;
const DAYS = 30;
const BASE_MS = Date.parse('2026-06-01T00:00:00Z');
const WINDOW_MS = 300_000;
const BILLED_BYTES = 4_096;
const ENVELOPE_BYTES = 512;
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

/** Billed messages for a million readings of ten meters. */
function billed(maxMessageBytes: number, secondsOfReadings: number): number {
  const perSecond = METERS / (INTERVAL_MS / 1_000);
  const together = Math.min(MILLION, Math.max(1, Math.floor(secondsOfReadings * perSecond)));
  const items = Array.from({ length: together }, (_, index) => {
    const text = JSON.stringify(meters[index % METERS]?.(Math.floor(index / METERS)));
    return { text, bytes: Buffer.byteLength(text) };
  });
  const { packs, rest } = fillPacks(items, mostBodyBytes(maxMessageBytes));
  const units = [...packs, rest].reduce((sum, pack) => {
    const bytes = pack.reduce((total, item) => total + item.bytes + 1, 1) + ENVELOPE_BYTES;
    return sum + (pack.length === 0 ? 0 : Math.ceil(bytes / BILLED_BYTES));
  }, 0);
  return (units / together) * MILLION;
}

function cost(name: string, units: number): void {
  const days = [400_000, 6_000_000].map((quota) => (units / quota).toFixed(2).padStart(8));
  say(
    `  ${name.padEnd(36)}${Math.round(units).toLocaleString('en').padStart(10)}` +
      `${(MILLION / units).toFixed(1).padStart(8)}${days.join('')}`,
  );
}

await thirtyDays();
say('\nbilled messages for a million readings:   billed  times fewer  days of S1, S2');
cost('one message for each reading', MILLION);
for (const seconds of [1, 10, 60, 600]) {
  cost(`ten meters live, maxDelaySeconds ${seconds}`, billed(65_536, seconds));
}
cost('backlog, maxMessageBytes 4,096', billed(4_096, MILLION));
cost('backlog, maxMessageBytes 65,536', billed(65_536, MILLION));
cost('backlog, maxMessageBytes 258,048', billed(258_048, MILLION));
