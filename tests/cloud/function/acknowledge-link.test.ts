import assert from 'node:assert/strict';
import fc from 'fast-check';
import { acknowledgeLink, checkLink } from '../../../cloud/function/src/acknowledge-link.ts';
import {
  answerAcknowledge,
  type AcknowledgeServices,
} from '../../../cloud/function/src/answer-acknowledge.ts';
import type {
  AcknowledgeOutcome,
  IncidentView,
} from '../../../cloud/function/src/acknowledgements.ts';
import type { MailKind } from '../../../cloud/function/src/core/mail.ts';
import { sampleMail, tallyOf } from './sample-mail.ts';
import { START_MS } from './support.ts';

const LINKS = {
  url: 'https://app.example.com/api/acknowledge',
  key: 'k'.repeat(32),
  validMs: 86_400_000,
};
const WRITTEN_MS = START_MS + 32_000;

function link(): URL {
  const text = acknowledgeLink(sampleMail(), LINKS);
  assert.ok(text);
  return new URL(text);
}

describe('acknowledge link', () => {
  it('leads to the incident of its mail, and is the same in every attempt', () => {
    const check = checkLink(link().searchParams, LINKS.key, WRITTEN_MS);

    const { incident } = sampleMail();
    assert.deepEqual(check, { kind: 'valid', target: { siteId: 'gateway-01', incident } });
    assert.equal(link().href, link().href);
  });

  it('is in mails of what lasts, and in no other', () => {
    const kinds: MailKind[] = [
      'first',
      'update',
      'reminder',
      'all-clear',
      'gateway-silent',
      'gateway-back',
      'late-digest',
    ];
    assert.deepEqual(
      kinds.filter((kind) => acknowledgeLink(sampleMail(kind), LINKS) !== null),
      ['first', 'update', 'reminder', 'gateway-silent'],
    );
  });

  it('expires', () => {
    const check = (atMs: number): string => checkLink(link().searchParams, LINKS.key, atMs).kind;

    assert.equal(check(WRITTEN_MS + LINKS.validMs - 1_000), 'valid');
    assert.equal(check(WRITTEN_MS + LINKS.validMs), 'expired');
  });

  it('is useless with any character altered, added or taken away', () => {
    const query = link().search.slice(1);
    const edit = fc.record({
      at: fc.nat(query.length - 1),
      character: fc.constantFrom('A', 'b', '0', '9', '-', '_', '.', '%', '', 'xx'),
    });
    fc.assert(
      fc.property(edit, ({ at, character }) => {
        const altered = new URLSearchParams(query.slice(0, at) + character + query.slice(at + 1));
        const same = altered.toString() === new URLSearchParams(query).toString();
        assert.equal(checkLink(altered, LINKS.key, WRITTEN_MS).kind, same ? 'valid' : 'forged');
      }),
      { numRuns: 1_000 },
    );
  });

  it('is useless with every other last character of its signature', () => {
    const { searchParams } = link();
    const signature = searchParams.get('signature') ?? '';
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=';
    const valid = digits.split('').filter((digit) => {
      searchParams.set('signature', signature.slice(0, -1) + digit);
      return checkLink(searchParams, LINKS.key, WRITTEN_MS).kind === 'valid';
    });

    assert.deepEqual(valid, [signature.at(-1)]);
  });

  it('signed with another key, or with parts moved from one to the next, is refused', () => {
    const other = new URL(acknowledgeLink(sampleMail(), { ...LINKS, key: 'x'.repeat(32) }) ?? '');
    assert.equal(checkLink(other.searchParams, LINKS.key, WRITTEN_MS).kind, 'forged');

    const moved = link().searchParams;
    moved.set('site', '');
    moved.set('incident', `gateway-01${sampleMail().incident}`);
    assert.equal(checkLink(moved, LINKS.key, WRITTEN_MS).kind, 'forged');
    assert.equal(checkLink(new URLSearchParams(), LINKS.key, WRITTEN_MS).kind, 'forged');
  });
});

/** One incident in memory. */
function services(view: Partial<IncidentView> | null = {}): AcknowledgeServices & {
  acknowledged: string[];
} {
  const { site, incident } = sampleMail();
  const acknowledged: string[] = [];
  const stored = (): IncidentView | undefined => {
    if (view === null) return undefined;
    const openedMs = START_MS;
    const at = acknowledged.length > 0 ? { atMs: WRITTEN_MS } : null;
    const total = tallyOf({}, {});
    const rest = { closedMs: null, silentSinceMs: null, acknowledged: at };
    return { site, incident, openedMs, total, ...rest, ...view };
  };
  return {
    acknowledged,
    key: LINKS.key,
    nowMs: () => WRITTEN_MS,
    acknowledgements: {
      show: async () => stored(),
      acknowledge: async (siteId, name): Promise<AcknowledgeOutcome> => {
        if (view === null) return 'unknown';
        if (stored()?.closedMs !== null) return 'over';
        acknowledged.push(`${siteId} ${name}`);
        return acknowledged.length === 1 ? 'acknowledged' : 'already';
      },
    },
  };
}

describe('acknowledge page', () => {
  const answer = (target: AcknowledgeServices, method: string, query = link().searchParams) =>
    answerAcknowledge(target, { method, query });

  it('shows a button when it is opened, and does nothing yet', async () => {
    const target = services();
    const { status, body, headers } = await answer(target, 'GET');

    assert.equal(status, 200);
    assert.match(body, /<form method="post"><button type="submit">Acknowledge/);
    assert.match(body, /2 of 1 meter/);
    assert.deepEqual(target.acknowledged, []);
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.match(headers['content-security-policy'] ?? '', /^default-src 'none'/);
  });

  it('acts when its button is pressed; pressed again it says so and nothing more', async () => {
    const target = services();
    assert.match((await answer(target, 'POST')).body, /<h1>Acknowledged<\/h1>/);
    assert.deepEqual(target.acknowledged, [`gateway-01 ${sampleMail().incident}`]);
    const again = await answer(target, 'POST');

    assert.equal(again.status, 200);
    assert.match(again.body, /Somebody acknowledged it on 22 Nov 2026/);
    assert.doesNotMatch((await answer(target, 'GET')).body, /<form/);
  });

  it('of an incident that is over has no button', async () => {
    const target = services({ closedMs: WRITTEN_MS });

    assert.doesNotMatch((await answer(target, 'GET')).body, /<form/);
    assert.match((await answer(target, 'POST')).body, /It is over/);
  });

  it('tells nothing and does nothing without a valid link', async () => {
    const target = services();
    const altered = link().searchParams;
    altered.set('incident', 'gateway-01/2026-11-22T00:00:00.000Z');
    const refused = await answer(target, 'POST', altered);
    const late = await answer({ ...target, nowMs: () => WRITTEN_MS + 2 * LINKS.validMs }, 'POST');

    assert.deepEqual([refused.status, late.status], [403, 410]);
    for (const { body } of [refused, late]) assert.doesNotMatch(body, /Riverside|gateway-01/);
    assert.deepEqual(target.acknowledged, []);
    assert.equal((await answer(services(null), 'GET')).status, 404);
  });

  it('shows hostile names as text', async () => {
    const name = '<script>alert(1)</script>"\'&';
    const { body } = await answer(services({ site: { id: name, name } }), 'GET');

    assert.ok(!body.includes('<script'));
    assert.ok(body.includes('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;'));
  });
});
