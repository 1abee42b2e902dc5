import assert from 'node:assert/strict';
import { changes, GROUP, NAMES, runDeploy, type Run } from './fake-azure.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';

const run = ({ commandLine, circumstances }: Scenario) => runDeploy(commandLine, circumstances);

describe('deploy down', function () {
  this.timeout(20_000);
  let own: Run;
  let shared: Run;

  before(async () => {
    own = await run(SCENARIOS.downOfOwnGroup);
    shared = await run(SCENARIOS.downInSharedGroup);
  });

  it('removes the group that it made, with what Azure made beside it', () => {
    assert.equal(own.exitCode, 0, own.said);
    assert.ok(changes(own).some((line) => line.startsWith(`group delete --name ${GROUP} --yes`)));
    assert.ok(!changes(own).some((line) => line.startsWith('resource delete')));
  });

  it('removes for good what Azure would keep for a while', () => {
    const removed = changes(own);
    assert.ok(removed.some((line) => line.startsWith('monitor log-analytics workspace delete')));
    assert.ok(removed.some((line) => line.startsWith(`keyvault purge --name ${NAMES.vault}`)));
    assert.ok(removed.some((line) => line.includes('deletedItems/object-1')));
  });

  it('leaves a group that it did not make, and what others have in it', () => {
    assert.equal(shared.exitCode, 0, shared.said);
    const removed = changes(shared);
    assert.ok(!removed.some((line) => line.startsWith('group delete')));
    assert.ok(!removed.some((line) => line.includes('theirs')));
    assert.match(shared.said, /stays: .*theirs/);
    assert.match(shared.said, /The group stays\./);
  });

  it('removes apps before the plans that they run on, and its own budget', () => {
    const removed = changes(shared);
    const at = (words: string) => removed.findIndex((line) => line.includes(words));
    assert.ok(at(`sites/${NAMES.dashboard}`) < at(`serverfarms/${NAMES.dashboard}-plan`));
    assert.ok(at(`sites/${NAMES.dashboard}`) !== -1);
    assert.ok(at(`budgets/${NAMES.budget}`) !== -1);
    assert.ok(!removed.some((line) => line.includes('/master')));
  });

  it('removes nothing unless the name of the group is typed', async () => {
    const { rules } = SCENARIOS.downOfOwnGroup.circumstances;
    const other = await runDeploy('down', { rules: rules ?? [], answer: 'yes' });
    assert.equal(other.exitCode, 1);
    assert.deepEqual(changes(other), []);
    const typed = await runDeploy('down', { rules: rules ?? [], answer: GROUP });
    assert.equal(typed.exitCode, 0);
  });

  it('tidies up what outlives the group when the group is gone already', async () => {
    const nothing = await run(SCENARIOS.downOfNothing);
    assert.equal(nothing.exitCode, 0, nothing.said);
    const removed = changes(nothing);
    assert.ok(removed.some((line) => line.startsWith('keyvault purge')));
    assert.ok(removed.some((line) => line.startsWith('ad app delete')));
  });
});
