/** A Function's services at a real storage emulator and a real mailbox, with a hand-moved clock. */
import { startMailbox, type Mailbox } from '../../../simulator/azure/mailbox/mailbox.ts';
import { storageConnectionString } from '../../../simulator/wire/connection-strings.ts';
import { createLogger } from '../../../simulator/wire/logger.ts';
import type { Settings } from '../../../simulator/wire/settings.ts';
import type { Anomaly } from '../../../cloud/function/src/core/anomaly.ts';
import { parseAppSettings, type AppSettings } from '../../../cloud/function/src/env.ts';
import { openMailServices } from '../../../cloud/function/src/mail-services.ts';
import {
  openStores,
  type FunctionLog,
  type Services,
} from '../../../cloud/function/src/services.ts';

export const START_MS = Date.parse('2026-11-22T18:05:30Z');
export const GROUP_WAIT_MS = 30_000;
export const UPDATE_MS = 300_000;
export const CLEAR_AFTER_MS = 600_000;
export const REMINDER_MS = 4 * 3_600_000;
export const SILENT_AFTER_MS = 900_000;

export const toIso = (atMs: number): string => new Date(atMs).toISOString();

export interface TestClock {
  nowMs: number;
}

/** An anomaly of `Meter07`, as a gateway's detector sends it. */
export function anomaly(overrides: Partial<Anomaly> = {}): Anomaly {
  return {
    meterId: 'Meter07',
    atMs: START_MS,
    seq: 41,
    temp: 91.4,
    direction: 'spike',
    score: 3.1e-8,
    confidence: 99.99,
    historySize: 120,
    usual: 70.2,
    recent: [
      { atMs: START_MS - 20_000, temp: 70.1 },
      { atMs: START_MS - 10_000, temp: 70.3 },
      { atMs: START_MS, temp: 91.4 },
    ],
    gateway: 'gateway-01',
    ...overrides,
  };
}

/** The same as an event on the alerts hub. */
export function alertEvent(overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 'Meter07',
    time: '2026-11-22T18:05:30Z',
    seq: 41,
    temp: 91.4,
    direction: 'spike',
    score: 3.1e-8,
    confidence: 99.99,
    historySize: 120,
    usual: 70.2,
    recent: [
      ['2026-11-22T18:05:20Z', 70.3],
      ['2026-11-22T18:05:30Z', 91.4],
    ],
    gateway: 'gateway-01',
    ...overrides,
  };
}

/** App settings as in Azure, with the defaults, for local storage and the local mailbox. */
export function appSettings(
  settings: Settings,
  overrides: Readonly<Record<string, string>> = {},
): AppSettings {
  return parseAppSettings({
    INCIDENTS_STORAGE: storageConnectionString(settings),
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(settings.ports.smtp),
    SMTP_TLS: 'none',
    ACKNOWLEDGE_KEY: 'a key for tests, of 32 characters',
    FUNCTION_URL: `http://127.0.0.1:${settings.ports.functions}`,
    MAIL_FROM: 'Smart meters <meters@example.com>',
    MAIL_TO: 'operator@example.com',
    ...overrides,
  });
}

/** One instance of the app; several share storage and mailbox. */
export async function openInstance(
  settings: Settings,
  clock: TestClock,
  overrides: Readonly<Record<string, string>> = {},
): Promise<Services> {
  const given = appSettings(settings, overrides);
  const stores = await openStores(given, () => clock.nowMs);
  return { ...stores, ...(await openMailServices(given)) };
}

export function openMailbox(settings: Settings): Promise<Mailbox> {
  return startMailbox({ settings, log: createLogger('mailbox', 'silent') });
}

/** A log that keeps what it is told. */
export function memoryLog(): FunctionLog & { readonly lines: unknown[][] } {
  const lines: unknown[][] = [];
  const keep = (...args: unknown[]): void => {
    lines.push(args);
  };
  return { lines, info: keep, warn: keep, error: keep };
}
