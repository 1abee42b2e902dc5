/**
 * Reads what arrives on the `alerts` hub.
 *
 * Two shapes come: anomalies of a gateway's detector, with `recent` readings, and anomalies that
 * Stream Analytics found among averages, with the five values before as `time1`, `temp1` (the
 * latest) to `time5`, `temp5`. An event may hold one object, an array, or objects line by line
 * (Stream Analytics' JSON formats). Both shapes: docs/contracts.md.
 */
import { z } from 'zod';
import type { Anomaly, Sample } from './core/anomaly.ts';

/** Values before an anomaly that are kept: what a mail shows. */
const MAX_RECENT = 24;
/** Positions of the lag columns, earliest first. */
const LAGS = [5, 4, 3, 2, 1] as const;

/** Instants whose ISO texts are in the order of time, as the keys in storage need it. */
const FIRST_MS = Date.UTC(1900, 0);
const END_MS = Date.UTC(9999, 0);

const Instant = z.iso
  .datetime({ offset: true })
  .transform((time) => Date.parse(time))
  .refine((atMs) => atMs >= FIRST_MS && atMs < END_MS, 'expected a year from 1900 to 9998');
const Sampled = z.tuple([Instant, z.number()]).rest(z.unknown());
// What a mail can do without is left out when it is unusable; the anomaly is told of all the same.
const LagTime = Instant.nullish().catch(null);
const LagTemp = z.number().nullish().catch(null);

const Alert = z.looseObject({
  id: z.string().min(1).max(128),
  time: Instant,
  seq: z.int().min(0).nullish().catch(null),
  temp: z.number(),
  direction: z.enum(['spike', 'dip']),
  score: z.number().min(0).max(1),
  confidence: z.number().min(0).max(100).nullish().catch(null),
  historySize: z.number().min(0).nullish().catch(null),
  usual: z.number().nullish().catch(null),
  gateway: z.string().max(256).nullish(),
  recent: z.array(Sampled).nullish().catch(null),
  time1: LagTime,
  temp1: LagTemp,
  time2: LagTime,
  temp2: LagTemp,
  time3: LagTime,
  temp3: LagTemp,
  time4: LagTime,
  temp4: LagTemp,
  time5: LagTime,
  temp5: LagTemp,
});
type Alert = z.infer<typeof Alert>;

/** One thing an event held: an anomaly, or what could not be read and why. */
export type AlertItem =
  | { readonly kind: 'anomaly'; readonly anomaly: Anomaly }
  | { readonly kind: 'refused'; readonly reason: string; readonly content: string };

/** Reads one event as the Functions host hands it over: parsed JSON, text, or bytes. */
export function readAlertEvent(event: unknown): AlertItem[] {
  if (event instanceof Uint8Array) return readText(Buffer.from(event).toString('utf8'));
  if (typeof event === 'string') return readText(event);
  return readValue(event);
}

function readText(text: string): AlertItem[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) return [refuse('the event is empty', text)];
  return lines.flatMap((line) => {
    try {
      return readValue(JSON.parse(line));
    } catch (error) {
      return [refuse(`not JSON: ${error instanceof Error ? error.message : 'unreadable'}`, line)];
    }
  });
}

function readValue(value: unknown): AlertItem[] {
  return Array.isArray(value) ? value.map(readRow) : [readRow(value)];
}

function readRow(row: unknown): AlertItem {
  const parsed = Alert.safeParse(row);
  if (parsed.success) return { kind: 'anomaly', anomaly: toAnomaly(parsed.data) };
  return refuse(z.prettifyError(parsed.error), contentOf(row));
}

function contentOf(row: unknown): string {
  try {
    return JSON.stringify(row) ?? String(row);
  } catch {
    return 'nested too deep to be shown';
  }
}

function refuse(reason: string, content: string): AlertItem {
  return { kind: 'refused', reason, content };
}

function toAnomaly(alert: Alert): Anomaly {
  return {
    meterId: alert.id,
    atMs: alert.time,
    seq: alert.seq ?? null,
    temp: alert.temp,
    direction: alert.direction,
    score: alert.score,
    confidence: alert.confidence ?? null,
    historySize: alert.historySize ?? null,
    usual: alert.usual ?? null,
    recent: recentOf(alert),
    // An empty name is none: it would be a site that nobody knows.
    gateway: alert.gateway === '' ? null : (alert.gateway ?? null),
  };
}

function recentOf(alert: Alert): Sample[] {
  const samples = alert.recent?.map(([atMs, temp]) => ({ atMs, temp })) ?? lagsOf(alert);
  return samples.toSorted((a, b) => a.atMs - b.atMs).slice(-MAX_RECENT);
}

function lagsOf(alert: Alert): Sample[] {
  return LAGS.flatMap((lag) => {
    const atMs = alert[`time${lag}`];
    const temp = alert[`temp${lag}`];
    return typeof atMs === 'number' && typeof temp === 'number' ? [{ atMs, temp }] : [];
  });
}
