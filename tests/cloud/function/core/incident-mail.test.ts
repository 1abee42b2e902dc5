import assert from 'node:assert/strict';
import type { Anomaly } from '../../../../cloud/function/src/core/anomaly.ts';
import { composeMail, incidentName } from '../../../../cloud/function/src/core/incident-mail.ts';
import type { IncidentMail } from '../../../../cloud/function/src/core/incident-mail.ts';
import { escapeHtml, oddsPhrase, visible } from '../../../../cloud/function/src/core/wording.ts';
import { anomaly, START_MS, toIso } from '../support.ts';

const HOSTILE = '<script>alert(1)</script>"\'&\r\nBcc: all@example.com\u202e\ud800';

function mail(first: Anomaly, ...others: Anomaly[]): IncidentMail {
  return composeMail([first, ...others], {
    startMs: first.atMs,
    dashboardUrl: 'http://127.0.0.1:8080/?a=1&b=2',
    toIso,
  });
}

describe("an incident's mail", () => {
  it('says in its subject which meter, what, what is usual and when', () => {
    assert.equal(
      mail(anomaly()).subject,
      'Spike at Meter07: 91.4 °F, usual 70.2 °F (22 Nov 18:05 UTC)',
    );
  });

  it('counts the anomalies of the incident and tells spikes from dips', () => {
    const { subject, text } = mail(
      anomaly({ direction: 'dip', temp: 50 }),
      anomaly({ atMs: START_MS + 60_000, seq: 47 }),
    );

    assert.match(subject, /^Dip and spike at Meter07: 50\.0 °F, .*, 2 anomalies\)$/);
    assert.match(text, /18:05:30 {2}dip 50\.0 °F, −20\.2 °F from the usual 70\.2 °F/);
    assert.match(text, /18:06:30 {2}spike 91\.4 °F, \+21\.2 °F from the usual 70\.2 °F/);
  });

  it('tells value, usual, instant, score and path in both bodies', () => {
    const { text, html } = mail(anomaly());
    for (const body of [text, html]) {
      assert.ok(body.includes('91.4 °F, +21.2 °F from the usual 70.2 °F'));
      assert.ok(body.includes('22 Nov 2026, 18:05:30 UTC'));
      assert.ok(body.includes('p-value 3.1e-8: by chance about one value in 30,000,000'));
      assert.ok(body.includes('through the gateway gateway-01'));
    }
  });

  it('says of a meter without gateway that its averages were scored in the cloud', () => {
    const { text } = mail(anomaly({ gateway: null, seq: null, usual: null }));

    assert.match(text, /straight to IoT Hub, scored there as averages of 30 seconds/);
    assert.match(text, /30-second averages around it/);
    assert.match(text, /what is usual was not reported/);
  });

  it('shows the readings around it once each, in order, the anomaly marked', () => {
    const next = anomaly({
      atMs: START_MS + 10_000,
      seq: 42,
      recent: [
        { atMs: START_MS, temp: 91.4 },
        { atMs: START_MS + 10_000, temp: 91.4 },
      ],
    });
    const { text } = mail(anomaly(), next);
    const rows = text.split('\n').filter((line) => line.includes('#'));

    assert.deepEqual(
      rows.map((row) => row.trim().slice(0, 8)),
      ['18:05:10', '18:05:20', '18:05:30', '18:05:40'],
    );
    assert.deepEqual(
      rows.map((row) => row.endsWith('<- spike')),
      [false, false, true, true],
    );
  });

  it('lists fifty anomalies and says how many more there are', () => {
    const many = Array.from({ length: 60 }, (_, index) =>
      anomaly({ atMs: START_MS + index * 1_000, seq: index }),
    );
    const { text, html } = mail(anomaly({ seq: 1_000 }), ...many);

    assert.match(text, /and 11 more/);
    assert.match(html, /and 11 more/);
    assert.ok(html.length < 60_000);
  });

  it('shows hostile ids and gateways as text', () => {
    const hostile = mail(anomaly({ meterId: HOSTILE, gateway: HOSTILE }));

    assert.ok(!/[\r\n\u202e]/.test(hostile.subject));
    assert.ok(!/[\r\n<]/.test(hostile.incident));
    assert.ok(!hostile.html.includes('<script'));
    assert.ok(!hostile.html.includes('\u202e'));
    assert.ok(hostile.html.includes('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;'));
    assert.ok(!hostile.text.includes('\nBcc'));
    assert.ok(hostile.html.includes('href="http://127.0.0.1:8080/?a=1&amp;b=2"'));
  });

  it('names its incident so that id and instant can be told apart', () => {
    const name = incidentName('a/b c%', '2026-11-22T18:05:30.000Z');

    assert.equal(name, 'a%2Fb%20c%25/2026-11-22T18:05:30.000Z');
    assert.equal(decodeURIComponent(name.slice(0, name.lastIndexOf('/'))), 'a/b c%');
  });
});

describe('wording', () => {
  it('says odds that people can picture', () => {
    assert.match(oddsPhrase(0.5), /common/);
    assert.match(oddsPhrase(0.0001), /one value in 10,000 /);
    assert.match(oddsPhrase(0.00037), /one value in 3,000 /);
    assert.match(oddsPhrase(0), /one value in more than a billion /);
  });

  it('leaves ordinary text alone', () => {
    assert.equal(visible('Zähler 7 – 测量 🙂'), 'Zähler 7 – 测量 🙂');
    assert.equal(escapeHtml('Meter07'), 'Meter07');
  });
});
