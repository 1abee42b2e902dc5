/**
 * Links that acknowledge an incident: signed with HMAC-SHA256, and worthless after a while.
 *
 * Whoever has the link can acknowledge this one incident and nothing else.
 *
 * Invariants:
 * - a link with any part altered is refused;
 * - a link is refused from its expiry on;
 * - the same mail always has the same link.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Mail, MailKind } from './core/mail.ts';
import type { LinkSettings } from './mail-settings.ts';

/** Parts the signature's purpose from others made with the same key. */
const PURPOSE = 'acknowledge';
/** Longest parts that are looked at, characters. */
const MAX_PART = 1_000;

/** Mails of what is over offer no link. */
const OFFERED: readonly MailKind[] = ['first', 'update', 'reminder', 'gateway-silent'];

/** What a link is about. */
export interface LinkTarget {
  readonly siteId: string;
  readonly incident: string;
}

/** What a link turned out to be. */
export type LinkCheck =
  | { readonly kind: 'valid'; readonly target: LinkTarget }
  | { readonly kind: 'expired' }
  | { readonly kind: 'forged' };

/** The link of a mail, or null when there is nothing to acknowledge. */
export function acknowledgeLink(mail: Mail, { url, key, validMs }: LinkSettings): string | null {
  if (!OFFERED.includes(mail.kind)) return null;
  const expires = String(Math.floor((mail.model.writtenMs + validMs) / 1_000));
  const parts = { site: mail.site.id, incident: mail.incident, expires };
  const signature = signatureOf(parts, key);
  return `${url}?${new URLSearchParams({ ...parts, signature }).toString()}`;
}

/** Checks the query of a link at `nowMs`. */
export function checkLink(query: URLSearchParams, key: string, nowMs: number): LinkCheck {
  const part = (name: string): string => query.get(name) ?? '';
  const parts = { site: part('site'), incident: part('incident'), expires: part('expires') };
  // Compared as text: several texts stand for the same bytes, and only one of them is the link's.
  const given = Buffer.from(part('signature'));
  const expected = Buffer.from(signatureOf(parts, key));
  const isWhole = Object.values(parts).every((text) => text.length <= MAX_PART);
  if (!isWhole || given.length !== expected.length || !timingSafeEqual(given, expected)) {
    return { kind: 'forged' };
  }
  if (Number(parts.expires) * 1_000 <= nowMs) return { kind: 'expired' };
  return { kind: 'valid', target: { siteId: parts.site, incident: parts.incident } };
}

interface SignedParts {
  readonly site: string;
  readonly incident: string;
  readonly expires: string;
}

function signatureOf({ site, incident, expires }: SignedParts, key: string): string {
  const signed = JSON.stringify([PURPOSE, site, incident, expires]);
  return createHmac('sha256', key).update(signed).digest('base64url');
}
