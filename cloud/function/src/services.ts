/** What the functions work with, made from the app settings when first needed. */
import type { Acknowledgements } from './acknowledgements.ts';
import { ArrivalStore } from './arrival-store.ts';
import type { DeadLetterQueue } from './dead-letter-queue.ts';
import { readAppSettings, type AppSettings } from './env.ts';
import { incidentTable, type IncidentTable } from './incident-table.ts';
import { IncidentRecords } from './incident-records.ts';
import { openMailServices } from './mail-services.ts';
import { OldRows } from './old-rows.ts';
import { openRefusedStore, type RefusedStore } from './refused-store.ts';
import { openSiteIndex, type SiteIndex } from './site-index.ts';
import { SiteStore } from './site-store.ts';
import { openTable } from './tables.ts';
import type { DeadLetters, Transport } from './transport.ts';

export interface Services {
  readonly settings: Pick<AppSettings, 'pace' | 'sites' | 'mailAttempts'>;
  readonly arrivals: Pick<ArrivalStore, 'record' | 'pending'>;
  readonly sites: Pick<
    SiteStore,
    | 'load'
    | 'count'
    | 'mailPlace'
    | 'makeOut'
    | 'claim'
    | 'finish'
    | 'recorded'
    | 'unsaved'
    | 'saved'
  >;
  readonly index: Pick<
    SiteIndex,
    'makeDue' | 'noteHeard' | 'due' | 'all' | 'putOff' | 'noteWatching'
  >;
  readonly refused: Pick<RefusedStore, 'keep' | 'trim'>;
  readonly oldRows: Pick<OldRows, 'remove'>;
  /** Null when incidents are kept in Table Storage alone. */
  readonly incidentTable: IncidentTable | null;
  readonly acknowledgements: Acknowledgements;
  readonly transport: Transport;
  readonly deadLetters: DeadLetters;
  /** The clock, epoch milliseconds. */
  readonly nowMs: () => number;
}

/** What the app itself opens: its pages need more of it than the mails do. */
export interface AppServices extends Services {
  readonly settings: AppSettings;
  readonly deadLetters: DeadLetterQueue;
}

/** Services without the outside of mails: what tests put together with a transport of their own. */
export type Stores = Omit<Services, 'transport' | 'deadLetters'>;

/** Where a function says what it did; an invocation context is one. */
export interface FunctionLog {
  info(...args: unknown[]): void;
  warn(...args: unknown[]): void;
  error(...args: unknown[]): void;
}

/**
 * Opens the tables.
 *
 * @throws RestError when storage cannot be reached
 */
export async function openStores(
  settings: Pick<
    AppSettings,
    'storageConnectionString' | 'pace' | 'sites' | 'mailAttempts' | 'sql'
  >,
  nowMs: () => number,
): Promise<Stores> {
  const { storageConnectionString } = settings;
  const [table, index, refused] = await Promise.all([
    openTable(storageConnectionString, 'sites'),
    openSiteIndex(storageConnectionString),
    openRefusedStore(storageConnectionString),
  ]);
  const sites = new SiteStore(table, settings.sql !== null);
  return {
    settings,
    arrivals: new ArrivalStore(table),
    sites,
    index,
    refused,
    oldRows: new OldRows(table),
    incidentTable: settings.sql === null ? null : incidentTable(settings.sql),
    acknowledgements: new IncidentRecords({ sites, index }, settings.sites, nowMs),
    nowMs,
  };
}

/**
 * Opens the tables and what takes mails.
 *
 * @throws RestError when storage cannot be reached
 */
export async function openServices(settings: AppSettings): Promise<AppServices> {
  const stores = await openStores(settings, () => Date.now());
  return { ...stores, ...(await openMailServices(settings)), settings };
}

let opened: Promise<AppServices> | undefined;

/** The services of this worker process: opened once, and tried again after a failure. */
export function getServices(): Promise<AppServices> {
  opened ??= openServices(readAppSettings()).catch((error: unknown) => {
    opened = undefined;
    throw error;
  });
  return opened;
}
