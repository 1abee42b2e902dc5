/**
 * Keys of Table Storage rows.
 *
 * A key may hold no `/ \ # ?` and no control characters, and at most 512 characters. Source:
 * learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
 */
import { createHash } from 'node:crypto';
import type { Anomaly } from './core/anomaly.ts';

const MAX_METER_KEY_LENGTH = 200;
/** Of 4 bits each. */
const FINGERPRINT_DIGITS = 12;

/** A meter's id as a key: readable for usual ids, and different ids always give different keys. */
export function meterKey(meterId: string): string {
  const escaped = meterId.replace(
    /[^A-Za-z0-9.-]/g,
    (unit) => `_${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  if (escaped.length <= MAX_METER_KEY_LENGTH) return escaped;
  // `__` begins no escape, so a shortened key cannot equal a whole one.
  return `${escaped.slice(0, 100)}__${sha256(escaped)}`;
}

/**
 * The same for every delivery of one anomaly: meter, event time, and `seq` or the value; in order
 * of meter and time.
 */
export function anomalyKey({ meterId, atMs, seq, temp }: Anomaly): string {
  return `${meterKey(meterId)}~${new Date(atMs).toISOString()}~${seq ?? `t${temp}`}`;
}

/** A gateway's device id as a key. */
export const siteKey = meterKey;

/** 48 bits made from meter and event time, for `Tally`. */
export function fingerprintOf({ meterId, atMs }: Pick<Anomaly, 'meterId' | 'atMs'>): number {
  return Number.parseInt(
    sha256(`${meterId}/${new Date(atMs).toISOString()}`).slice(0, FINGERPRINT_DIGITS),
    16,
  );
}

/** SHA-256 in hex. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
