/**
 * Counts what came out of a system that has become quiet, and compares it with the journals.
 *
 * Invariant: everything is read while the system still runs, and compared with the journals alone.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { MODULES_ON_PATH } from './faults.ts';
import { readArchive } from './observe/archive.ts';
import { readAlerts, readAverages } from './observe/event-hub.ts';
import { readTables } from './observe/tables.ts';
import type { OutOfOrderPolicy } from './oracle/expected-windows.ts';
import { readJournal, readVirtualJournal } from './oracle/measured.ts';
import { reconcile, type Reconciliation } from './oracle/reconcile.ts';
import type { ProofSystem } from './proof-system.ts';
import type { Redeliveries } from './result.ts';
import { virtualJournal } from './virtual-meters.ts';

/** What there was, what came out, and how often. */
export interface Stock {
  readonly readings: number;
  readonly meters: number;
  /** Of them, those in the module meter-simulator. */
  readonly virtualMeters: number;
  readonly reconciliation: Reconciliation;
  readonly redeliveries: Redeliveries;
}

/** Reads and compares everything. */
export async function takeStock({ system, watch }: ProofSystem): Promise<Stock> {
  const { settings } = system;
  const [archive, averages, alerts, tables, mails, edgeHub, modules] = await Promise.all([
    readArchive(settings),
    readAverages(settings),
    readAlerts(settings),
    readTables(settings),
    watch.mails(),
    watch.edgeHub(),
    Promise.all(MODULES_ON_PATH.map((id) => watch.module(id))),
  ]);
  const virtual = readVirtualJournal(virtualJournal(settings));
  const journal = readJournal(join(settings.stateFolder, 'meters', 'journal.db'));
  const measured = [...journal, ...virtual];
  const policy = await readOutOfOrderPolicy(settings.projectFolder);
  const observed = { archive, averages, alerts, tables, mails };
  const reconciliation = reconcile(measured, observed, policy);
  return {
    readings: measured.reduce((sum, meter) => sum + meter.readings.length, 0),
    meters: measured.length,
    virtualMeters: virtual.length,
    reconciliation,
    redeliveries: {
      byEdgeHub: edgeHub.redelivered,
      recognisedByModules: modules.reduce((sum, { repeats }) => sum + repeats, 0),
      inArchive: reconciliation.rawRepeats,
      averages: reconciliation.repeatedAverages,
    },
  };
}

const JobConfig = z.object({
  EventsOutOfOrderMaxDelayInSeconds: z.number(),
  EventsOutOfOrderPolicy: z.enum(['Adjust', 'Drop']),
});

async function readOutOfOrderPolicy(projectFolder: string): Promise<OutOfOrderPolicy> {
  const path = join(projectFolder, 'cloud', 'stream-analytics', 'JobConfig.json');
  const config = JobConfig.parse(JSON.parse(await readFile(path, 'utf8')));
  return {
    toleranceMs: config.EventsOutOfOrderMaxDelayInSeconds * 1_000,
    action: config.EventsOutOfOrderPolicy,
  };
}
