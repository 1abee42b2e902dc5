import assert from 'node:assert/strict';
import { changes, NAMES, runDeploy } from './fake-azure.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';

const run = ({ commandLine, circumstances }: Scenario) => runDeploy(commandLine, circumstances);

describe('deploy plan and status', function () {
  this.timeout(20_000);

  it('changes nothing, and tells names and the bills for ten and 200,000 meters', async () => {
    const plan = await run(SCENARIOS.plan);
    assert.equal(plan.exitCode, 0, plan.said);
    assert.deepEqual(changes(plan), []);
    assert.ok(plan.said.includes(NAMES.hub));
    assert.match(plan.said, /A month with 10 meters \(lab\): about \$\d+/);
    assert.match(plan.said, /A month with 200,000 meters \(fleet\): about \$\d+,\d+/);
    assert.match(plan.said, /registers resource providers: .*Microsoft\.Devices/);
    assert.match(plan.said, /Nothing stands against it\./);
  });

  it('asks for the cores of Databricks where it is wanted', async () => {
    const fleet = await run(SCENARIOS.planOfFleet);
    assert.equal(fleet.exitCode, 0, fleet.said);
    assert.ok(fleet.calls.some(({ args }) => args.includes('list-usage')));
    assert.ok(fleet.calls.some(({ args }) => args.join(' ').includes('--subscription Fleet')));
  });

  it('shows what Azure says would change in a group that is there', async () => {
    const plan = await run(SCENARIOS.planOfDeployed);
    assert.equal(plan.exitCode, 0, plan.said);
    assert.deepEqual(changes(plan), []);
    assert.match(plan.said, /Azure's preview \(what-if\): Modify 2/);
  });

  it('succeeds when all of it is well', async () => {
    const status = await run(SCENARIOS.statusWell);
    assert.equal(status.exitCode, 0, status.said);
    assert.deepEqual(changes(status), []);
    assert.match(status.said, new RegExp(`ok  ${NAMES.alertsJob} +Running`));
    assert.match(status.said, /86,688 of 400,000 messages today/);
  });

  it('fails and says what is ill: a job, an app that is gone, an alert', async () => {
    const status = await run(SCENARIOS.statusIll);
    assert.equal(status.exitCode, 1);
    assert.match(status.said, new RegExp(`!!  ${NAMES.coldPathJob} +Failed`));
    assert.match(status.said, new RegExp(`!!  ${NAMES.function} +is not there`));
    assert.match(status.said, /!!  lag +on .*hot-path since 2026-11-23/);
  });

  it('says that nothing is there where nothing was deployed', async () => {
    const status = await run(SCENARIOS.statusOfNothing);
    assert.equal(status.exitCode, 1);
    assert.match(status.said, /nothing has been deployed/);
  });

  for (const wrong of [
    '',
    'sideways',
    'plan --environment LAB',
    'plan --nonsense',
    'plan --operator me',
    'plan --environment moon',
  ]) {
    it(`shows how it is used for "${wrong}"`, async () => {
      const { exitCode, said, calls } = await runDeploy(wrong.trim());
      assert.equal(exitCode, 2);
      assert.match(said, /npm run deploy -- plan \| up/);
      assert.deepEqual(calls, []);
    });
  }
});
