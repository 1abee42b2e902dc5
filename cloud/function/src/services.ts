/** What the functions work with, made from the app settings when first needed. */
import { readAppSettings, type AppSettings } from './env.ts';
import { openIncidentStore, type IncidentStore } from './incident-store.ts';
import { openMailer, type Mailer } from './mailer.ts';
import { openPendingStore, type PendingStore } from './pending-store.ts';
import { openRefusedStore, type RefusedStore } from './refused-store.ts';

export interface Services {
  readonly settings: Pick<AppSettings, 'groupWaitMs' | 'dashboardUrl' | 'smtp'>;
  readonly pending: Pick<PendingStore, 'add' | 'list' | 'remove'>;
  readonly incidents: Pick<IncidentStore, 'view' | 'claim' | 'reclaim' | 'markMailed'>;
  readonly refused: Pick<RefusedStore, 'keep'>;
  readonly mailer: Mailer;
  /** The clock, epoch milliseconds. */
  readonly nowMs: () => number;
}

/** Where a function says what it did; an invocation context is one. */
export interface FunctionLog {
  info(...args: unknown[]): void;
  warn(...args: unknown[]): void;
  error(...args: unknown[]): void;
}

/**
 * Opens storage and the mail server.
 *
 * @throws RestError when storage cannot be reached
 */
export async function openServices(settings: AppSettings): Promise<Services> {
  const [pending, incidents, refused] = await Promise.all([
    openPendingStore(settings.storageConnectionString),
    openIncidentStore(settings.storageConnectionString),
    openRefusedStore(settings.storageConnectionString),
  ]);
  const mailer = openMailer(settings.smtp);
  return { settings, pending, incidents, refused, mailer, nowMs: () => Date.now() };
}

let opened: Promise<Services> | undefined;

/** The services of this worker process: opened once, and tried again after a failure. */
export function getServices(): Promise<Services> {
  opened ??= openServices(readAppSettings()).catch((error: unknown) => {
    opened = undefined;
    throw error;
  });
  return opened;
}
