/**
 * Every anomaly is told of in one mail of its site, and no mail tells of anything else.
 *
 * A mail may count thousands of anomalies and list fifty. So it says how many it tells of, and the
 * sum of their fingerprints: docs/contracts.md. Were one told of twice, or another in its place,
 * the sums would differ.
 */
import { createHash } from 'node:crypto';
import { Problems, type Comparison } from './comparison.ts';
import type { ExpectedAnomaly } from './expected-anomalies.ts';
import type { ObservedMail } from './observed.ts';

const FINGERPRINT_DIGITS = 12;
const FINGERPRINT_MODULUS = 2 ** 48;

/** An anomaly, and whether its meter is of the site of meters without a gateway. */
export interface SiteAnomaly extends ExpectedAnomaly {
  readonly isDirect: boolean;
}

interface Told {
  readonly count: number;
  readonly fingerprint: number;
}

/** Compares mails with the anomalies that must be told of. */
export function compareMails(
  anomalies: readonly SiteAnomaly[],
  mails: readonly ObservedMail[],
): Comparison {
  const problems = new Problems();
  for (const isDirect of [false, true]) {
    const expected = sum(
      anomalies
        .filter((anomaly) => anomaly.isDirect === isDirect)
        .map((anomaly) => ({ count: 1, fingerprint: fingerprintOf(anomaly) })),
    );
    const found = sum(mails.filter((mail) => mail.ofDirectMeters === isDirect));
    const problem = problemOf(expected, found);
    const site = isDirect ? 'the meters without a gateway' : 'the gateway';
    if (problem !== null) problems.add(`${site}: ${problem}`);
  }
  return {
    what: 'mails',
    expected: anomalies.length,
    found: sum(mails).count,
    problems: problems.list(),
  };
}

/** 48 bits of SHA-256 over meter and event time. */
export function fingerprintOf({ id, atMs }: ExpectedAnomaly): number {
  const digest = createHash('sha256').update(`${id}/${new Date(atMs).toISOString()}`);
  return Number.parseInt(digest.digest('hex').slice(0, FINGERPRINT_DIGITS), 16);
}

function sum(parts: readonly Told[]): Told {
  return parts.reduce(
    (total, { count, fingerprint }) => ({
      count: total.count + count,
      fingerprint: (total.fingerprint + fingerprint) % FINGERPRINT_MODULUS,
    }),
    { count: 0, fingerprint: 0 },
  );
}

function problemOf(expected: Told, found: Told): string | null {
  if (found.count < expected.count) {
    return `${expected.count - found.count} of ${expected.count} anomalies are in no mail`;
  }
  if (found.count > expected.count) {
    return `mails tell of ${found.count - expected.count} anomalies more than there are`;
  }
  if (found.fingerprint === expected.fingerprint) return null;
  return 'mails tell of other anomalies than there are, or of some twice and of others never';
}
