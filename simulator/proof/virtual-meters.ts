/**
 * The share of a proof's load that comes from within the gateway: virtual meters of the module
 * `meter-simulator`.
 *
 * They live in the present, also when the other meters replay a recording, and measure until they
 * are stopped; how often is up to the module's clock, so only its journal says how many readings
 * there are.
 */
import { join } from 'node:path';
import { openReadOnly } from '../wire/database.ts';
import type { Settings } from '../wire/settings.ts';
import type { SystemWatch } from './system-watch.ts';
import { waitUntil, type Waiting } from './wait-until.ts';

/** The module that measures for them. */
export const METER_SIMULATOR = 'meter-simulator';

/** As often as the module can. */
const INTERVAL_SECONDS = 0.25;
/** At least; then they have measured before and after the kill, and are done before the others are. */
const READINGS_EACH = 20;
const PATIENCE_MS = 60_000;

export interface VirtualMeters {
  readonly count: number;
  /** Of their reading generator. */
  readonly seed: number;
}

/** Path of what the virtual meters measured. */
export function virtualJournal({ stateFolder }: Settings): string {
  return join(stateFolder, 'modules', METER_SIMULATOR, 'journal.db');
}

/** Lets the virtual meters measure from now on. */
export async function startVirtualMeters(
  watch: SystemWatch,
  { count, seed }: VirtualMeters,
): Promise<void> {
  const desired = { virtualMeters: count, intervalSeconds: INTERVAL_SECONDS, seed };
  await watch.setDesired(METER_SIMULATOR, desired);
}

/**
 * Stops them once each has measured a while longer than the kill of its module took; the module learns
 * of it only while its gateway has a link.
 */
export async function stopVirtualMeters(watch: SystemWatch): Promise<void> {
  // One message carries a reading of each meter, or of some hundred of them.
  const hasMeasured = async () =>
    (await watch.module(METER_SIMULATOR)).sent >= READINGS_EACH || undefined;
  const what = `${READINGS_EACH} messages of virtual meters`;
  await waitUntil(hasMeasured, { what, patienceMs: PATIENCE_MS, everyMs: 100 });
  await watch.configure(METER_SIMULATOR, 'virtualMeters', 0);
}

/**
 * Waits until messages lie in the outbox of the module that owns the journal, and resolves at once
 * with their number: committed, and not acknowledged by edgeHub.
 *
 * The database itself is asked, because the module's own answer would be older than most messages
 * live in its outbox.
 */
export async function waitForOutbox(journal: string, waiting: Waiting): Promise<number> {
  return waitUntil(() => Promise.resolve(outboxRows(journal) || undefined), waiting);
}

function outboxRows(journal: string): number {
  const database = openReadOnly(journal);
  try {
    return Number(database.prepare('SELECT COUNT(*) FROM outbox').pluck().get());
  } finally {
    database.close();
  }
}
