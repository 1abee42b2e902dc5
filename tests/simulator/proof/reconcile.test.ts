import assert from 'node:assert/strict';
import type { Comparison } from '../../../simulator/proof/oracle/comparison.ts';
import type { Observed, ObservedMail } from '../../../simulator/proof/oracle/observed.ts';
import { reconcile } from '../../../simulator/proof/oracle/reconcile.ts';
import { faultless, mailAbout, meter, POLICY, quiet, tablesOf } from './measured-meters.ts';

const SPIKE_AT = 300;
const GATEWAY = meter('Meter01', quiet(400).with(SPIKE_AT, 95), { [SPIKE_AT]: 'spike' });
const DIRECT = { ...meter('Meter02', quiet(1_000)), isDirect: true };
const METERS = [GATEWAY, DIRECT];

function problemsOf(observed: Observed, what: Comparison['what']): string {
  const tables = what === 'tables' ? observed.tables : tablesOf(observed);
  const { comparisons } = reconcile(METERS, { ...observed, tables }, POLICY);
  const others = comparisons.filter((comparison) => comparison.what !== what);
  assert.deepEqual(
    others.flatMap(({ problems }) => problems),
    [],
  );
  const problems = comparisons.find((comparison) => comparison.what === what)?.problems ?? [];
  assert.notEqual(problems.length, 0, 'the fault went unnoticed');
  return problems.join('\n');
}

describe('reconciliation', () => {
  const good = faultless(METERS);

  it('finds nothing to complain about in a faultless run', () => {
    const { comparisons, rawRepeats, falseAlarms } = reconcile(METERS, good, POLICY);
    for (const { expected, found, problems } of comparisons) {
      assert.deepEqual(problems, []);
      assert.equal(found, expected);
    }
    assert.deepEqual([rawRepeats, falseAlarms], [0, 0]);
  });

  it('notices a lost reading', () => {
    const archive = good.archive.toSpliced(7, 1);
    assert.match(problemsOf({ ...good, archive }, 'readings'), /reading Meter01\/\d+ .* is lost/);
  });

  it('notices a reading with another value, or with two', () => {
    const [first, ...rest] = good.archive;
    assert.ok(first !== undefined);
    const wrong = { ...first, temp: first.temp + 0.01 };
    const problems = (archive: Observed['archive']) => problemsOf({ ...good, archive }, 'readings');
    assert.match(problems([wrong, ...rest]), /is 70\.01 at .*, not 70 at/);
    assert.match(problems([wrong, first, ...rest]), /with two values/);
  });

  it('notices a reading that nobody measured', () => {
    const [first] = good.archive;
    assert.ok(first !== undefined);
    const archive = [...good.archive, { ...first, seq: 5 }];
    assert.match(problemsOf({ ...good, archive }, 'readings'), /nobody measured/);
  });

  it('notices a row that a table lacks, has twice, has in excess or with another value', () => {
    const { averages, anomalies } = good.tables;
    const [first, ...rest] = averages;
    assert.ok(first !== undefined);
    const problems = (rows: Observed['tables']['averages'], found = anomalies) =>
      problemsOf({ ...good, tables: { averages: rows, anomalies: found } }, 'tables');
    assert.match(problems(rest), /the table lacks average Meter01 .* r0/);
    assert.match(problems([first, ...averages]), /has average .* twice/);
    assert.match(problems([...averages, { ...first, revision: 7 }]), /no event is average .* r7/);
    assert.match(problems([{ ...first, average: 1 }, ...rest]), /differs in the table/);
    assert.match(problems(averages, []), /the table lacks anomaly Meter01/);
    const [anomaly] = anomalies;
    assert.ok(anomaly !== undefined);
    const excess = [...anomalies, { ...anomaly, id: 'Meter09' }];
    assert.match(problems(averages, excess), /no event is anomaly Meter09/);
  });

  it('counts repeats without complaint', () => {
    const archive = [...good.archive, ...good.archive.slice(0, 30)];
    const result = reconcile(METERS, { ...good, archive }, POLICY);
    assert.equal(result.rawRepeats, 30);
    assert.deepEqual(
      result.comparisons.flatMap(({ problems }) => problems),
      [],
    );
  });

  it('notices a missing window', () => {
    const averages = good.averages.slice(1);
    assert.match(problemsOf({ ...good, averages }, 'averages'), /has no average/);
  });

  it('notices a doubled window that counts readings twice', () => {
    const [first] = good.averages;
    assert.ok(first !== undefined);
    const doubled = { ...first, count: first.count * 2, revision: 1 };
    const averages = [...good.averages, doubled];
    assert.match(problemsOf({ ...good, averages }, 'averages'), /60 readings\), not .*30 readings/);
  });

  it('notices two different results of one revision', () => {
    const [first] = good.averages;
    assert.ok(first !== undefined);
    const averages = [{ ...first, average: first.average + 1 }, ...good.averages];
    assert.match(problemsOf({ ...good, averages }, 'averages'), /two results of revision 0/);
  });

  it('notices a window that no reading belongs to', () => {
    const [first] = good.averages;
    assert.ok(first !== undefined);
    const averages = [...good.averages, { ...first, windowEndMs: first.windowEndMs - 600_000 }];
    assert.match(problemsOf({ ...good, averages }, 'averages'), /no reading belongs/);
  });

  it('takes the last revision, whatever the order of arrival', () => {
    const [first, ...rest] = good.averages;
    assert.ok(first !== undefined);
    const early = { ...first, count: 3, average: 1, revision: 0 };
    const averages = [{ ...first, revision: 1 }, early, ...rest];
    const tables = tablesOf({ ...good, averages });
    const { comparisons } = reconcile(METERS, { ...good, averages, tables }, POLICY);
    assert.deepEqual(
      comparisons.flatMap(({ problems }) => problems),
      [],
    );
  });

  it('notices an anomaly that is told of never, twice, at another site, or in the place of another', () => {
    const problems = (mails: readonly ObservedMail[]) => problemsOf({ ...good, mails }, 'mails');
    const [mail, ...rest] = good.mails;
    assert.ok(mail !== undefined);
    assert.match(problems(rest), /the gateway: 1 of \d+ anomalies are in no mail/);
    assert.match(problems([...good.mails, mail]), /1 anomalies more than there are/);
    assert.match(problems([{ ...mail, ofDirectMeters: true }, ...rest]), /without a gateway: /);
    const other = mailAbout({ id: 'Meter02', atMs: 0 }, false);
    assert.match(problems([other, ...rest]), /other anomalies than there are/);
  });

  it('counts mails that came again', () => {
    const [mail, ...rest] = good.mails;
    assert.ok(mail !== undefined);
    const mails = [{ ...mail, copies: 3 }, ...rest];
    assert.equal(reconcile(METERS, { ...good, mails }, POLICY).repeatedMails, 2);
  });

  it('notices an injected anomaly that nobody found, and counts false alarms', () => {
    assert.match(problemsOf({ ...good, alerts: [] }, 'detection'), /was not found/);
    const alerts = [...good.alerts, { id: 'Meter02', atMs: 0 }];
    const { falseAlarms, falseAlarmsPerMeterMonth } = reconcile(
      METERS,
      { ...good, alerts },
      POLICY,
    );
    assert.equal(falseAlarms, 1);
    assert.ok(falseAlarmsPerMeterMonth > 0);
  });

  it('names a few problems and counts the rest', () => {
    const problems = problemsOf({ ...good, archive: [] }, 'readings').split('\n');
    assert.equal(problems.length, 6);
    assert.equal(problems.at(-1), 'and 1395 more problems of this kind');
  });
});
