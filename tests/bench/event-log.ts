/**
 * How fast the event log is, beside what SQLite does with the same bytes in the same run.
 *
 * Run: node --import tsx tests/bench/event-log.ts [events]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EVENT_HUBS } from '../../simulator/azure/event-hubs/namespace.ts';
import { openEventLog, type NewEvent } from '../../simulator/azure/event-hubs/event-log.ts';
import { openDatabase } from '../../simulator/wire/database.ts';
import { consumerFor, receive, startTestEventHubs } from '../support/event-hubs.ts';
import { testSettings } from '../support/settings.ts';

const HUB = 'hot-path';
/** Appends that are under way together, as IoT Hub's are when many devices send. */
const TOGETHER = 500;

const count = Number(process.argv[2] ?? 50_000);
const folder = mkdtempSync(join(tmpdir(), 'event-log-bench-'));
const { settings, cleanup } = await testSettings();

const raw = { append: rawAppend(), read: rawRead() };
const logged = await measureLog();
const overAmqp = await measureAmqp();
report('append one by one', logged.append, raw.append);
report('read encoded', logged.read, raw.read);
report('read by the official client', overAmqp, raw.read);
rmSync(folder, { recursive: true });
await cleanup();

function reading(index: number): NewEvent {
  const id = `Meter${String(index % 10).padStart(2, '0')}`;
  const body = { id, time: '2026-11-22T18:05:00.000Z', temp: 70.5, seq: index };
  return {
    body: Buffer.from(JSON.stringify(body)),
    properties: {},
    messageId: `reading/${id}/${index}`,
    contentType: 'application/json',
    contentEncoding: 'utf-8',
    annotations: {
      'iothub-connection-device-id': id,
      'iothub-enqueuedtime': new Date(),
      'iothub-message-source': 'Telemetry',
    },
  };
}

/** The same bytes into a plain table, as many in a transaction as the log gets together. */
function rawAppend(): number {
  const database = openRaw();
  const insert = database.prepare('INSERT INTO events (body) VALUES (?)');
  const insertAll = database.transaction((bodies: readonly Buffer[]) => {
    for (const body of bodies) insert.run(body);
  });
  const bodies = Array.from({ length: count }, (_, index) => Buffer.alloc(300, index % 256));
  const seconds = secondsOf(() => {
    for (let from = 0; from < count; from += TOGETHER) {
      insertAll(bodies.slice(from, from + TOGETHER));
    }
  });
  database.close();
  return count / seconds;
}

function rawRead(): number {
  const database = openRaw();
  const page = database.prepare('SELECT * FROM events WHERE id > ? ORDER BY id LIMIT 500');
  let read = 0;
  const seconds = secondsOf(() => {
    for (let rows = page.all(0); rows.length > 0; rows = page.all(read)) read += rows.length;
  });
  database.close();
  return read / seconds;
}

function openRaw() {
  return openDatabase(join(folder, 'raw.db'), [
    'CREATE TABLE events (id INTEGER PRIMARY KEY, body BLOB NOT NULL)',
  ]);
}

async function measureLog(): Promise<{ append: number; read: number }> {
  const log = openEventLog(join(folder, 'event-hubs.db'), EVENT_HUBS);
  const events = Array.from({ length: count }, (_, index) => reading(index));
  const startedMs = performance.now();
  for (let from = 0; from < count; from += TOGETHER) {
    const together = events.slice(from, from + TOGETHER);
    await Promise.all(
      together.map((event, index) =>
        log.append(HUB, { partitionKey: `Meter${(from + index) % 10}` }, [event]),
      ),
    );
  }
  const append = count / ((performance.now() - startedMs) / 1000);
  const seconds = secondsOf(() => {
    for (const partitionId of ['0', '1']) {
      for (let after = -1; ;) {
        const last = log.readPage(HUB, partitionId, after, 500).at(-1);
        if (last === undefined) break;
        after = last.sequenceNumber;
      }
    }
  });
  await log.close();
  return { append, read: count / seconds };
}

/** Service and client share this process and its core. */
async function measureAmqp(): Promise<number> {
  const hubs = await startTestEventHubs(settings);
  const events = Array.from({ length: count }, (_, index) => reading(index));
  await hubs.eventLog.append(HUB, { partitionId: '0' }, events);
  const consumer = consumerFor(settings, HUB);
  const startedMs = performance.now();
  await receive(consumer, '0', { count });
  const seconds = (performance.now() - startedMs) / 1000;
  await consumer.close();
  await hubs.stop();
  return count / seconds;
}

function secondsOf(work: () => void): number {
  const startedMs = performance.now();
  work();
  return (performance.now() - startedMs) / 1000;
}

function report(what: string, perSecond: number, rawPerSecond: number): void {
  const ratio = (perSecond / rawPerSecond).toFixed(2);
  const rates = [perSecond, rawPerSecond].map((rate) => Math.round(rate).toLocaleString('en'));
  console.log(`${what}: ${rates[0]} events/s, ${ratio} of raw SQLite's ${rates[1]} rows/s`);
}
