import assert from 'node:assert/strict';
import fc from 'fast-check';
import { mailTaken } from '../../../../cloud/function/src/core/site-state.ts';
import { SILENT_AFTER_MS, START_MS } from '../support.ts';
import { HOUR_MS, MINUTE_MS, PACE, SiteClock } from './site-clock.ts';

describe('mails of an incident', () => {
  it('begin with one for everything that comes within the group wait, and end with an all-clear', () => {
    const site = new SiteClock();
    site.arrive(['Meter01', 'Meter02']);
    site.pass(25_000, () => site.arrive(['Meter03']));
    site.pass(30 * MINUTE_MS);

    assert.deepEqual(site.mails(), ['first +30s', 'all-clear +625s']);
    assert.deepEqual(
      site.drafts.map(({ news }) => news.count),
      [7, 0],
    );
    assert.equal(site.state.incident, null);
  });

  it('tell of a meter that joins after five minutes, and of the same meters at doubling intervals', () => {
    const site = new SiteClock();
    site.arrive(['Meter01']);
    site.pass(100 * MINUTE_MS, () => {
      if (site.nowMs > START_MS + 60_000) site.arrive(['Meter01', 'Meter02']);
    });

    assert.deepEqual(site.mails(), [
      'first +30s',
      'update +330s',
      'update +630s',
      'update +1230s',
      'update +2430s',
      'update +4830s',
    ]);
    assert.deepEqual(site.drafts[1]?.newMeters, ['Meter02']);
    assert.deepEqual(site.drafts[2]?.newMeters, []);
  });

  it('come at the usual pace again for a meter that joins late', () => {
    const site = new SiteClock();
    const busy = (): void => site.arrive(['Meter01']);
    site.arrive(['Meter01']);
    site.pass(25 * MINUTE_MS, busy);
    site.arrive(['Meter02']);
    site.pass(10_000, busy);

    assert.equal(site.mails().at(-1), 'update +1505s');
    assert.deepEqual(site.drafts.at(-1)?.newMeters, ['Meter02']);
  });

  it('are at least five minutes apart, and tell of every anomaly once', () => {
    const law = fc.property(
      fc.array(
        fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 1, max: 9 }), fc.boolean()),
      ),
      (plan) => {
        const site = new SiteClock();
        for (const [ticks, meter, isLate] of plan) {
          site.pass(ticks * 5_000);
          site.arrive([`Meter${meter}`], { ageMs: isLate ? HOUR_MS : 0 });
        }
        site.pass(2 * HOUR_MS);
        const told = site.drafts.reduce((sum, { news }) => sum + news.count, 0);
        assert.equal(told, plan.length);
        for (const draft of site.drafts) {
          const before = site.drafts.findLast(
            ({ openedMs, number }) => openedMs === draft.openedMs && number === draft.number - 1,
          );
          if (before !== undefined) {
            assert.ok(draft.writtenMs - before.writtenMs >= PACE.updateMs);
          }
        }
        const names = site.drafts.map(
          ({ kind, openedMs, number }) => `${kind === 'late-digest'} ${openedMs} ${number}`,
        );
        assert.equal(new Set(names).size, names.length);
      },
    );
    fc.assert(law, { numRuns: 40 });
  });

  it('remind of an incident that lasts after four hours without a mail', () => {
    const site = new SiteClock();
    site.heardMs = START_MS;
    site.pass(SILENT_AFTER_MS + 9 * HOUR_MS);

    assert.deepEqual(site.mails(), [
      'gateway-silent +900s',
      'reminder +15300s',
      'reminder +29700s',
    ]);
  });

  it('keep the pause after a mail that was taken late', () => {
    const site = new SiteClock();
    site.arrive(['Meter01']);
    site.pass(30_000);
    site.state = mailTaken(site.state, START_MS, START_MS + HOUR_MS);
    site.nowMs = START_MS + HOUR_MS;
    site.arrive(['Meter02']);
    site.pass(5 * MINUTE_MS - 5_000);
    assert.deepEqual(site.mails(), ['first +30s']);
    site.pass(5_000);

    assert.deepEqual(site.mails(), ['first +30s', 'update +3900s']);
  });

  it('are three at most for ten thousand anomalies in a minute', () => {
    for (const ageMs of [0, 2 * HOUR_MS]) {
      const site = new SiteClock();
      const meters = Array.from({ length: 10_000 / 12 }, (_, index) => `Meter${index}`);
      site.pass(MINUTE_MS, () => site.arrive(meters, { ageMs }));
      site.pass(2 * HOUR_MS);

      assert.ok(site.drafts.length <= 3, site.mails().join());
      const told = site.drafts.reduce((sum, { news }) => sum + news.count, 0);
      assert.equal(told, 12 * meters.length);
    }
  });
});

describe('mails of an acknowledged incident', () => {
  it('are the all-clear alone', () => {
    const site = new SiteClock();
    site.arrive(['Meter01']);
    site.pass(30_000);
    acknowledge(site);
    site.pass(5 * HOUR_MS, () => site.arrive(['Meter02']));
    assert.deepEqual(site.mails(), ['first +30s']);
    site.pass(10 * MINUTE_MS);

    assert.deepEqual(
      site.drafts.map(({ kind }) => kind),
      ['first', 'all-clear'],
    );
    assert.deepEqual(site.drafts[1]?.newMeters, ['Meter02']);
  });

  it('do not remind of a silent gateway, and say when it is back', () => {
    const site = new SiteClock();
    site.heardMs = START_MS;
    site.pass(SILENT_AFTER_MS);
    acknowledge(site);
    site.pass(10 * HOUR_MS);
    site.heardMs = site.nowMs;
    site.pass(5_000);

    assert.deepEqual(
      site.drafts.map(({ kind }) => kind),
      ['gateway-silent', 'gateway-back'],
    );
  });

  it('leave the next incident alone', () => {
    const site = new SiteClock();
    site.arrive(['Meter01']);
    site.pass(30_000);
    acknowledge(site);
    site.pass(20 * MINUTE_MS);
    site.arrive(['Meter01']);
    site.pass(30_000);

    assert.deepEqual(
      site.drafts.map(({ kind }) => kind),
      ['first', 'all-clear', 'first'],
    );
  });
});

describe('mails of a gateway that fell silent', () => {
  it('are one, and mute its meters until it is back', () => {
    const site = new SiteClock();
    site.heardMs = START_MS;
    site.pass(SILENT_AFTER_MS);
    site.arrive(['Meter01', 'Meter02']);
    site.pass(HOUR_MS);
    assert.deepEqual(site.mails(), ['gateway-silent +900s']);
    const backMs = site.nowMs + 5_000;
    site.pass(HOUR_MS, () => {
      site.heardMs = site.nowMs;
    });

    assert.deepEqual(site.mails().length, 2);
    const [silent, back] = site.drafts;
    assert.deepEqual(silent?.silence, { sinceMs: START_MS, endedMs: null });
    assert.equal(back?.kind, 'gateway-back');
    assert.equal(back.silence?.endedMs, backMs);
    assert.equal(back.news.count, 2);
    assert.equal(site.state.incident, null);
  });

  it('join the incident that its meters had, which ends with the all-clear', () => {
    const site = new SiteClock();
    site.heardMs = START_MS;
    site.pass(14 * MINUTE_MS);
    site.arrive(['Meter01']);
    site.pass(2 * MINUTE_MS);
    site.heardMs = site.nowMs;
    site.arrive(['Meter01']);
    site.pass(14 * MINUTE_MS);

    assert.deepEqual(
      site.drafts.map(({ kind, number }) => `${kind} ${number}`),
      ['first 1', 'gateway-silent 2', 'gateway-back 3', 'all-clear 4'],
    );
    assert.equal(new Set(site.drafts.map(({ openedMs }) => openedMs)).size, 1);
  });

  it('wait as long again when this app itself did not listen', () => {
    const site = new SiteClock();
    site.heardMs = START_MS - 2 * HOUR_MS;
    site.watchingSinceMs = START_MS;
    site.pass(SILENT_AFTER_MS - 5_000);
    assert.deepEqual(site.mails(), []);
    site.pass(5_000);

    assert.deepEqual(site.mails(), ['gateway-silent +900s']);
  });

  it('end after a month: the gateway was taken away', () => {
    const site = new SiteClock();
    site.heardMs = START_MS;
    site.pass(SILENT_AFTER_MS);
    site.nowMs = START_MS + 31 * 24 * HOUR_MS;
    site.pass(HOUR_MS);

    assert.deepEqual(site.mails(), ['gateway-silent +900s']);
  });
});

describe('late anomalies', () => {
  it('make one digest for a backlog, when it has come to rest', () => {
    const site = new SiteClock();
    site.pass(10 * MINUTE_MS, () => site.arrive(['Meter01', 'Meter02'], { ageMs: 2 * HOUR_MS }));
    site.pass(2 * HOUR_MS);

    assert.deepEqual(site.mails(), ['late-digest +900s']);
    assert.equal(site.drafts[0]?.news.late, site.drafts[0]?.news.count);
  });

  it('wait no longer than an hour for a backlog that does not end', () => {
    const site = new SiteClock();
    site.pass(61 * MINUTE_MS, () => site.arrive(['Meter01'], { ageMs: 2 * HOUR_MS }));

    assert.deepEqual(site.mails(), ['late-digest +3605s']);
  });

  it('ride along with an incident, which they neither begin nor prolong', () => {
    const site = new SiteClock();
    site.arrive(['Meter01']);
    site.pass(31 * MINUTE_MS, () => site.arrive(['Meter02'], { ageMs: 2 * HOUR_MS }));

    assert.deepEqual(site.mails().slice(0, 2), ['first +30s', 'all-clear +600s']);
    assert.ok(site.drafts[1]?.news.listed.every(({ isLate }) => isLate));
  });
});

function acknowledge(site: SiteClock): void {
  const { incident } = site.state;
  assert.ok(incident !== null);
  site.state = { ...site.state, incident: { ...incident, acknowledgedMs: site.nowMs } };
}
