/** What the rows of a site's partition hold, as read back. */
import { z } from 'zod';
import type { Draft } from './core/next-mail.ts';
import type { SiteState } from './core/site-state.ts';
import type { SiteRecord } from './site-rows.ts';

/** An anomaly as this app has written it. */
export const StoredAnomaly = z.object({
  meterId: z.string(),
  atMs: z.number(),
  seq: z.number().nullable(),
  temp: z.number(),
  direction: z.enum(['spike', 'dip']),
  score: z.number(),
  confidence: z.number().nullable(),
  historySize: z.number().nullable(),
  usual: z.number().nullable(),
  recent: z.array(z.object({ atMs: z.number(), temp: z.number() })),
  gateway: z.string().nullable(),
});

const StoredTally = z.object({
  count: z.number(),
  late: z.number(),
  firstMs: z.number().nullable(),
  lastMs: z.number().nullable(),
  meters: z.array(
    z.object({
      meterId: z.string(),
      spikes: z.number(),
      dips: z.number(),
      late: z.number(),
      firstMs: z.number(),
      lastMs: z.number(),
      lowest: z.number(),
      highest: z.number(),
    }),
  ),
  ofOtherMeters: z.number(),
  listed: z.array(StoredAnomaly.extend({ isLate: z.boolean() })),
  fingerprint: z.number(),
});

const StoredIncident = z.object({
  openedMs: z.number(),
  mails: z.number(),
  lastMailMs: z.number().nullable(),
  repeats: z.number(),
  lastArrivalMs: z.number().nullable(),
  silentSinceMs: z.number().nullable(),
  acknowledgedMs: z.number().nullable(),
  told: StoredTally,
});

/** The state of a site. */
export const StoredState: z.ZodType<SiteState> = z.object({
  incident: StoredIncident.nullable(),
  news: StoredTally,
  lateSinceMs: z.number().nullable(),
  lateUntilMs: z.number().nullable(),
});

const MAIL_KINDS = [
  'first',
  'update',
  'reminder',
  'all-clear',
  'gateway-silent',
  'gateway-back',
  'late-digest',
] as const;

/** A mail that was made out. */
export const StoredDraft: z.ZodType<Draft> = z.object({
  kind: z.enum(MAIL_KINDS),
  openedMs: z.number(),
  writtenMs: z.number(),
  number: z.number(),
  news: StoredTally,
  total: StoredTally,
  newMeters: z.array(z.string()),
  silence: z.object({ sinceMs: z.number(), endedMs: z.number().nullable() }).nullable(),
  acknowledgedMs: z.number().nullable(),
  isLast: z.boolean(),
});

/** An incident on record, without its site, which the settings name. */
export const StoredRecord: z.ZodType<SiteRecord> = z.object({
  incident: z.string(),
  openedMs: z.number(),
  closedMs: z.number().nullable(),
  acknowledged: z.object({ atMs: z.number() }).nullable(),
  total: StoredTally,
  silentSinceMs: z.number().nullable(),
  mails: z.number(),
  updatedMs: z.number(),
});
