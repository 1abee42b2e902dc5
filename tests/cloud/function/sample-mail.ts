/** A mail of an incident, as it is made out for a site. */
import type { Mail, MailKind } from '../../../cloud/function/src/core/mail.ts';
import type { Draft } from '../../../cloud/function/src/core/next-mail.ts';
import { siteDirectory } from '../../../cloud/function/src/core/sites.ts';
import {
  addAnomalies,
  EMPTY_TALLY,
  type Tally,
  type ToldAnomaly,
} from '../../../cloud/function/src/core/tally.ts';
import { makeMail } from '../../../cloud/function/src/make-mail.ts';
import { anomaly, START_MS } from './support.ts';

const SITES = siteDirectory(
  [{ id: 'gateway-01', name: 'Riverside', recipients: ['operator@example.com'], meters: [] }],
  ['operator@example.com'],
);

/** An account of anomalies; each is of `Meter07` unless it says otherwise. */
export function tallyOf(...anomalies: readonly Partial<ToldAnomaly>[]): Tally {
  const counted = anomalies.map((overrides, fingerprint) => ({
    anomaly: { ...anomaly(), isLate: false, ...overrides },
    fingerprint,
  }));
  return addAnomalies(EMPTY_TALLY, counted);
}

/** A mail of this kind about one spike at `Meter07`, or about what `draft` says. */
export function sampleMail(
  kind: MailKind = 'first',
  draft: Partial<Draft> = {},
  siteId = 'gateway-01',
): Mail {
  const news = draft.news ?? tallyOf({});
  const whole: Draft = {
    kind,
    openedMs: START_MS + 2_000,
    writtenMs: START_MS + 32_000,
    number: 1,
    news,
    total: news,
    newMeters: news.meters.map(({ meterId }) => meterId),
    silence: null,
    acknowledgedMs: null,
    isLast: false,
    ...draft,
  };
  return makeMail(siteId, whole, SITES);
}
