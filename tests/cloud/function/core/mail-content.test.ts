import assert from 'node:assert/strict';
import { mailContent } from '../../../../cloud/function/src/core/mail-content.ts';
import type { MailKind } from '../../../../cloud/function/src/core/mail.ts';
import { mailHtml } from '../../../../cloud/function/src/core/mail-html.ts';
import type { MailContent } from '../../../../cloud/function/src/core/mail-parts.ts';
import { mailText } from '../../../../cloud/function/src/core/mail-text.ts';
import type { Draft } from '../../../../cloud/function/src/core/next-mail.ts';
import { EMPTY_TALLY } from '../../../../cloud/function/src/core/tally.ts';
import { duration, oddsPhrase, visible } from '../../../../cloud/function/src/core/wording.ts';
import { sampleMail, tallyOf } from '../sample-mail.ts';
import { START_MS, toIso } from '../support.ts';

const HOSTILE = '<script>alert(1)</script>"\'&\r\nBcc: all@example.com\u202e\ud800';
const MINUTE_MS = 60_000;
const LINKS = [{ href: 'http://127.0.0.1:8080/?a=1&b=2', label: 'Acknowledge', isMain: true }];

function contentOf(kind: MailKind, draft: Partial<Draft> = {}, siteId?: string): MailContent {
  return mailContent(sampleMail(kind, draft, siteId).model, toIso);
}

function bodies(content: MailContent): { text: string; html: string } {
  return {
    text: mailText(content, LINKS),
    html: mailHtml(content, { links: LINKS, picture: null }),
  };
}

const NO_NEWS = { news: EMPTY_TALLY, newMeters: [] };
const MANY = tallyOf(
  {},
  { meterId: 'Meter03', temp: 48, direction: 'dip', score: 1e-4, atMs: START_MS + 5_000 },
  { meterId: 'Meter03', temp: 50, direction: 'dip', score: 1e-3, atMs: START_MS + 15_000 },
  { meterId: 'Meter11', temp: 88, score: 1e-5, atMs: START_MS - 3_600_000, isLate: true },
);

describe('content of a mail', () => {
  it('tells value, usual, instant, score and path of a spike in both bodies', () => {
    const { text, html } = bodies(contentOf('first'));
    for (const body of [text, html]) {
      assert.ok(body.includes('Spike at Meter07'));
      assert.ok(body.includes('91.4 °F'));
      assert.ok(body.includes('+21.2 °F from the usual 70.2 °F'));
      assert.ok(body.includes('22 Nov 2026, 18:05:30 UTC'));
      assert.ok(body.includes('p-value 3.1e-8: by chance about one value in 30,000,000'));
      assert.ok(body.includes('through the gateway gateway-01'));
      assert.ok(body.includes('Riverside (gateway-01)'));
    }
  });

  it('says where the value came from: reading, window, score and message ids', () => {
    const lineage = contentOf('first').lineage.map(({ label, value }) => `${label}: ${value}`);

    assert.deepEqual(lineage, [
      'Path: through the gateway gateway-01, which scored each reading',
      'Reading: number 41, 91.4 °F at 2026-11-22T18:05:30.000Z',
      'Window: judged by the readings before it, history size 120; usual then: 70.2 °F; ' +
        '3 readings travelled with it, 22 Nov 18:05:10 to 18:05:30 UTC',
      'Score: p-value 3.1e-8, confidence 99.99 %',
      'Message ids: anomaly/Meter07/41, reading/Meter07/41',
    ]);
  });

  it('says of a meter without a gateway that its averages were scored in the cloud', () => {
    const news = tallyOf({ gateway: null, seq: null, usual: null, recent: [] });
    const { text } = bodies(contentOf('first', { news }, 'direct'));

    assert.match(text, /Site: +direct/);
    assert.match(text, /straight to IoT Hub, scored there as averages of 30 seconds/);
    assert.match(text, /what is usual was not reported/);
    assert.match(text, /Message ids: +none of its own/);
  });

  it('has the same subject in all mails of an incident, and says in the preview what is new', () => {
    const drafts: [MailKind, Partial<Draft>][] = [
      ['first', {}],
      ['update', { number: 2, news: MANY, newMeters: ['Meter03'] }],
      ['gateway-silent', { number: 3, ...NO_NEWS, silence: { sinceMs: START_MS, endedMs: null } }],
      ['gateway-back', { number: 4, ...NO_NEWS, silence: { sinceMs: 0, endedMs: START_MS } }],
      ['reminder', { number: 5, ...NO_NEWS }],
      ['all-clear', { number: 6, ...NO_NEWS }],
    ];
    const contents = drafts.map(([kind, draft]) => contentOf(kind, draft));

    assert.deepEqual(
      [...new Set(contents.map(({ subject }) => subject))],
      ['Alert at Riverside (22 Nov 18:05 UTC)'],
    );
    assert.deepEqual(
      contents.map(({ preview }) => preview),
      [
        'Spike at Meter07: 91.4 °F, usual 70.2 °F',
        'Update: 4 more anomalies at Riverside: 91.4 °F, usual 70.2 °F',
        'Gateway silent: Nothing comes from Riverside',
        'Gateway back: Riverside is heard of again',
        'Reminder: Still anomalies at Riverside',
        'All clear: No more anomalies at Riverside, 0 in all',
      ],
    );
    assert.match(contentOf('late-digest').subject, /^Late anomalies at Riverside/);
  });

  it('names the meters of an update, which of them are new, and what came late', () => {
    const { text } = bodies(
      contentOf('update', { news: MANY, total: MANY, newMeters: ['Meter03', 'Meter11'] }),
    );

    assert.match(text, /2 meters are named for the first time/);
    assert.match(text, /Meter03: 2 dips, new, 48\.0 to 50\.0 °F/);
    assert.match(text, /Meter11: 1 spike, new, 88\.0 °F, 1 late/);
    assert.match(text, /Meter07: 1 spike, 91\.4 °F/);
    assert.match(text, /So far: +4 anomalies of 3 meters, 1 of them late/);
    assert.match(text, /Meter11: spike 88\.0 °F, late, /);
  });

  it('tells how long an incident lasts, a gateway was silent, and what comes next', () => {
    const writtenMs = START_MS + 2_000 + 250 * MINUTE_MS;
    const silence = { sinceMs: START_MS, endedMs: START_MS + 95 * MINUTE_MS };

    assert.match(
      bodies(contentOf('reminder', { writtenMs })).text,
      /lasted for 4 h 10 min and nobody/,
    );
    assert.match(bodies(contentOf('all-clear', { writtenMs })).text, /lasted for 4 h 10 min/);
    const back = bodies(contentOf('gateway-back', { ...NO_NEWS, silence })).text;
    assert.match(back, /silent for 1 h 35 min/);
    const silent = { sinceMs: START_MS, endedMs: null };
    const gone = bodies(contentOf('gateway-silent', { ...NO_NEWS, silence: silent })).text;
    assert.match(gone, /Its meters are muted/);
    assert.match(gone, /Last message: +22 Nov 2026, 18:05:30 UTC/);
    assert.match(bodies(contentOf('late-digest')).text, /history, not an alarm/);
  });

  it('stays small however many anomalies and meters there are, and says how many it leaves out', () => {
    const news = tallyOf(
      ...Array.from({ length: 3_000 }, (_, index) => ({
        meterId: `Meter${index % 150}`,
        seq: index,
        atMs: START_MS + index,
      })),
    );
    const { text, html } = bodies(contentOf('first', { news }));

    assert.ok(html.length < 60_000);
    assert.match(text, /3,000 anomalies at more than 100 meters/);
    assert.match(text, /and 2,600 anomalies of 80 or more other meters/);
    assert.match(text, /and 2,980 more/);
  });

  it('shows hostile ids, gateways and sites as text, in bodies, subject and preview', () => {
    const news = tallyOf({ meterId: HOSTILE, gateway: HOSTILE }, { meterId: `${HOSTILE}2` });
    const content = contentOf('first', { news }, HOSTILE);
    const { text, html } = bodies(content);

    assert.ok(!/[\r\n\u202e]/.test(content.subject));
    assert.ok(!html.includes('<script'));
    assert.ok(!/[\u202e\ud800]/.test(html + text));
    assert.ok(html.includes('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;'));
    assert.ok(!text.includes('\nBcc'));
    assert.ok(html.includes('href="http://127.0.0.1:8080/?a=1&amp;b=2"'));
  });

  it('loads nothing from anywhere and runs nothing', () => {
    const { html } = bodies(contentOf('update', { news: MANY }));

    assert.deepEqual(html.match(/<(script|link|iframe|object|form|base)\b/gi), null);
    assert.deepEqual(html.match(/url\(|@import|\bsrc=/gi), null);
    assert.deepEqual(new Set(html.match(/href="[^"]*"/g)).size, 1);
  });
});

describe('wording', () => {
  it('says odds that people can picture', () => {
    assert.match(oddsPhrase(0.5), /common/);
    assert.match(oddsPhrase(0.0001), /one value in 10,000 /);
    assert.match(oddsPhrase(0.00037), /one value in 3,000 /);
    assert.match(oddsPhrase(0), /one value in more than a billion /);
  });

  it('says durations in two units at most', () => {
    assert.deepEqual(
      [-5, 0, 59_999, 60_000, 3_600_000, 15_000_000, 86_400_000, 93_600_000].map(duration),
      ['0 s', '0 s', '59 s', '1 min', '1 h', '4 h 10 min', '1 d', '1 d 2 h'],
    );
  });

  it('leaves ordinary text alone', () => {
    assert.equal(visible('Zähler 7 – 测量 🙂'), 'Zähler 7 – 测量 🙂');
  });
});
