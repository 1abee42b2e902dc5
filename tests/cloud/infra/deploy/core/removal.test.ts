import assert from 'node:assert/strict';
import fc from 'fast-check';
import { inStages, planRemoval } from '../../../../../cloud/infra/deploy/core/removal.ts';
import { isOurs, tagsOf } from '../../../../../cloud/infra/deploy/core/tags.ts';

const OURS = tagsOf('lab');
const tags = fc.constantFrom(OURS, tagsOf('fleet'), { owner: 'them' }, {}, null, undefined);
const type = fc.constantFrom(
  'Microsoft.Web/sites',
  'Microsoft.Web/serverfarms',
  'Microsoft.Insights/components',
  'microsoft.alertsmanagement/smartDetectorAlertRules',
  'Microsoft.Insights/actionGroups',
  'Microsoft.Sql/servers/databases',
  'Contoso.Unheard/of',
);
const resource = fc.record({
  id: fc.uuid(),
  name: fc.constantFrom(
    'a',
    'b',
    'c/master',
    'Failure Anomalies - a',
    'Application Insights Smart Detection',
  ),
  type,
  tags,
});

describe('planning a removal', () => {
  it('never removes what bears the tags of somebody else', () => {
    fc.assert(
      fc.property(tags, fc.array(resource), (groupTags, resources) => {
        const { ours, others, wholeGroup } = planRemoval(groupTags, resources, 'lab');
        for (const one of ours) {
          const made = isOurs(one.tags, 'lab');
          assert.ok(made || /smartdetector|actiongroups/i.test(one.type));
        }
        if (wholeGroup) assert.deepEqual(others, []);
        if (wholeGroup) assert.ok(isOurs(groupTags, 'lab'));
      }),
    );
  });

  it('counts every resource once', () => {
    fc.assert(
      fc.property(fc.uniqueArray(resource, { selector: ({ id }) => id }), (resources) => {
        const { ours, others } = planRemoval(OURS, resources, 'lab');
        const system = resources.filter(
          (one) =>
            one.type === 'Microsoft.Sql/servers/databases' &&
            one.name === 'c/master' &&
            !isOurs(one.tags, 'lab'),
        );
        assert.equal(ours.length + others.length + system.length, resources.length);
      }),
    );
  });

  describe('of what Azure makes beside Application Insights', () => {
    const insights = (name: string, tags: typeof OURS | null) => ({
      id: `insights-${name}`,
      name,
      type: 'Microsoft.Insights/components',
      tags,
    });
    const ruleOf = (name: string) => ({
      id: `rule-${name}`,
      name: `Failure Anomalies - ${name}`,
      type: 'microsoft.alertsmanagement/smartDetectorAlertRules',
    });
    const group = {
      id: 'group',
      name: 'Application Insights Smart Detection',
      type: 'microsoft.insights/actiongroups',
    };
    const idsOf = (resources: readonly { id: string }[]) => new Set(resources.map(({ id }) => id));

    it('takes what is for ours', () => {
      const resources = [insights('mine', OURS), ruleOf('mine'), group];
      assert.deepEqual(planRemoval(OURS, resources, 'lab').others, []);
    });

    it('leaves what is for that of others, and the group that both share', () => {
      const theirs = [insights('theirs', null), ruleOf('theirs'), group];
      const resources = [insights('mine', OURS), ruleOf('mine'), ...theirs];
      const { ours, others } = planRemoval(OURS, resources, 'lab');
      assert.deepEqual(idsOf(ours), new Set(['insights-mine', 'rule-mine']));
      assert.deepEqual(idsOf(others), idsOf(theirs));
    });

    it('leaves it when none is ours', () => {
      const resources = [ruleOf('x'), group];
      assert.deepEqual(planRemoval(OURS, resources, 'lab').others, resources);
    });
  });

  it('removes resources of one type together, and databases before their server', () => {
    const names = [
      'Microsoft.Sql/servers',
      'Microsoft.Sql/servers/databases',
      'Microsoft.Sql/servers',
    ];
    const resources = names.map((name, at) => ({
      id: `${at}`,
      name: `${at}`,
      type: name,
      tags: OURS,
    }));
    const { ours } = planRemoval(null, resources, 'lab');
    const stages = inStages(ours).map((stage) => stage.map(({ id }) => id));
    assert.deepEqual(stages, [['1'], ['0', '2']]);
  });
});
