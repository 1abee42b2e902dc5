/** Sends a mail that was made out, and records what became of it. */
import { retryDelayMs } from './core/retry-delay.ts';
import { mailTaken } from './core/site-state.ts';
import { makeMail } from './make-mail.ts';
import type { FunctionLog, Services } from './services.ts';
import type { Outcome } from './site-rows.ts';
import type { OpenMail, StoredSite } from './site-store.ts';
import { TransportError } from './transport.ts';

/** What a delivery needs of the run that it is part of. */
export interface DeliveryRun {
  readonly services: Services;
  readonly log: FunctionLog;
  mailsSent: number;
  isServerDown: boolean;
}

/**
 * Claims `mail` and sends it; another instance that has it already keeps it. A claim lasts twice as
 * long as sending may take, so that its end never meets a mail under way.
 *
 * @throws RestError when storage fails: the mail is sent again when the claim has ended
 */
export async function deliver(run: DeliveryRun, site: StoredSite, mail: OpenMail): Promise<void> {
  const { services } = run;
  const { sites, transport, settings, nowMs } = services;
  if (run.isServerDown) return;
  const claim = { notBeforeMs: nowMs() + 2 * transport.timeoutMs, attempts: mail.attempts };
  const claimed = await sites.claim(site.id, mail, claim);
  if (claimed === undefined) return;
  try {
    await transport.send(makeMail(site.id, claimed.draft, settings.sites));
  } catch (error) {
    return notTaken(run, site, { mail: claimed, error: asTransportError(error) });
  }
  run.mailsSent += 1;
  await finish(run, site, { mail: claimed, outcome: 'sent' });
}

/** A mail that cannot be made is tried and given up like any other: it must not block its site. */
function asTransportError(error: unknown): TransportError {
  if (error instanceof TransportError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new TransportError(`the mail could not be made: ${reason}`, 'mail', error);
}

async function notTaken(
  run: DeliveryRun,
  site: StoredSite,
  { mail, error }: { readonly mail: OpenMail; readonly error: TransportError },
): Promise<void> {
  const { sites, deadLetters, settings, nowMs } = run.services;
  run.isServerDown ||= error.scope === 'server';
  const attempts = mail.attempts + 1;
  if (error.scope !== 'refused' && attempts < settings.mailAttempts) {
    run.log.error('mail not sent, it will be tried again', { reason: error.message, attempts });
    await sites.claim(site.id, mail, { notBeforeMs: nowMs() + retryDelayMs(attempts), attempts });
    return;
  }
  run.log.error('mail given up, it is a dead letter', { reason: error.message, attempts });
  const letter = { reason: error.message, attempts, atMs: nowMs() };
  await deadLetters.put({ mail: makeMail(site.id, mail.draft, settings.sites), ...letter });
  await finish(run, site, { mail, outcome: 'given-up' });
}

/** Records the end, again when somebody acknowledged the incident meanwhile. */
async function finish(
  { services, log }: DeliveryRun,
  site: StoredSite,
  { mail, outcome }: { readonly mail: OpenMail; readonly outcome: Outcome },
): Promise<void> {
  const { sites, nowMs } = services;
  const end = { outcome, atMs: nowMs() };
  for (let current = site; ; current = await sites.load(site.id)) {
    const state = mailTaken(current.state, mail.draft.openedMs, end.atMs);
    if ((await sites.finish(current, state, mail, end)) !== undefined) return;
    const place = await sites.mailPlace(site.id);
    if (place.mail?.etag !== mail.etag) {
      log.warn('mail sent, but another instance had taken it over');
      return;
    }
  }
}
