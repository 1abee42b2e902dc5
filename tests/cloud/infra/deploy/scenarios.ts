/** The ways that `npm run deploy` can go: what its tests run, and what az's own parser is shown. */
import {
  deployed,
  NAMES,
  refusal,
  REGISTRATION,
  resource,
  rule,
  TENANT,
  type Circumstances,
} from './fake-azure.ts';

/** A command line, and the subscription that it meets. */
export interface Scenario {
  readonly commandLine: string;
  readonly circumstances: Circumstances;
}

/** What a deployed group holds, as far as anything depends on it. */
export const RESOURCES = [
  resource('Microsoft.Insights/metricAlerts', `${NAMES.hotPathJob}-lag`),
  resource('Microsoft.StreamAnalytics/streamingjobs', NAMES.hotPathJob),
  resource('Microsoft.Devices/IotHubs', NAMES.hub),
  resource('Microsoft.Devices/provisioningServices', NAMES.provisioning),
  resource('Microsoft.Web/sites', NAMES.dashboard),
  resource('Microsoft.Web/serverfarms', `${NAMES.dashboard}-plan`),
  resource('Microsoft.KeyVault/vaults', NAMES.vault),
  resource('Microsoft.Sql/servers', NAMES.sqlServer),
  resource('Microsoft.Sql/servers/databases', `${NAMES.sqlServer}/master`, null),
  resource('Microsoft.Insights/components', NAMES.hub.replace(/hub$/, 'insights')),
  resource(
    'microsoft.alertsmanagement/smartDetectorAlertRules',
    `Failure Anomalies - ${NAMES.hub.replace(/hub$/, 'insights')}`,
    null,
  ),
  resource('Microsoft.OperationalInsights/workspaces', NAMES.hub.replace(/hub$/, 'logs')),
];

/** Something of somebody else, in the same group. */
export const FOREIGN = resource('Microsoft.Storage/storageAccounts', 'theirs', { owner: 'them' });

/** All is well. */
export const WELL = [
  rule('get … streamingjobs', {
    properties: { jobState: 'Running', lastOutputEventTime: '2026-11-23T00:00:00Z' },
  }),
  rule('functionapp show', { state: 'Running', host: 'f' }),
  rule('webapp show', { state: 'Running', host: 'd' }),
  rule('iot hub show-quota-metrics', [
    { name: 'TotalMessages', currentValue: 86_688, maxValue: 400_000 },
  ]),
  rule('AlertsManagement', { value: [] }),
];

/** Everything that a removal asks for. */
const REMOVING = [
  rule('^group delete', null),
  rule('^resource delete', null),
  rule('workspace delete', null),
  rule('keyvault purge', null),
  rule('^ad app delete', null),
  rule('deletedItems', null),
  rule('delete … budgets', null),
  rule('keyvault list-deleted', [NAMES.vault]),
  rule('^ad app list', [REGISTRATION]),
];

const firewall =
  "Client with IP address '203.0.113.7' is not allowed to access the server. (40615)";

/** The database refuses our address until a rule lets it in. */
function refusingDatabase(): NonNullable<Circumstances['project']> {
  let calls = 0;
  return ({ script, args }) => {
    const refused = script === 'sql' && args[0] === 'migrate' && (calls += 1) === 1;
    return refused ? { exitCode: 1, complaint: firewall } : { exitCode: 0, complaint: '' };
  };
}

/** A group as `up` left it, running. */
const RUNNING = [
  {
    words: ['get', 'streamingjobs'],
    answers: [
      'Running',
      'Running',
      'Stopping',
      'Stopped',
      'Running',
      'Stopped',
      'Running',
      'Stopped',
    ].map((jobState) => ({
      json: { properties: { jobState, lastOutputEventTime: '2026-11-23T00:00:00Z' } },
    })),
  },
  rule('stop?', null),
  rule('get … enrollmentGroups', null),
  rule('^ad app list', [REGISTRATION]),
];

const ALL = {
  plan: { commandLine: 'plan', circumstances: {} },
  planOfFleet: {
    commandLine: 'plan --environment fleet --location northeurope --subscription Fleet',
    circumstances: {},
  },
  planOfDeployed: {
    commandLine: 'plan',
    circumstances: {
      rules: [
        ...deployed(RESOURCES),
        rule('what-if', { changes: [{ changeType: 'Modify' }, { changeType: 'Modify' }] }),
      ],
    },
  },
  firstUp: {
    commandLine: 'up --yes --manifest tests/cloud/infra/deploy/manifest.json',
    circumstances: {},
  },
  secondUp: {
    commandLine: 'up --yes --manifest tests/cloud/infra/deploy/manifest.json',
    circumstances: {
      rules: [
        rule('budgets', {
          value: [
            {
              name: NAMES.budget,
              properties: { timePeriod: { startDate: '2026-03-01T00:00:00Z' } },
            },
          ],
        }),
        rule('federated-credential list', [{ name: 'dashboard-identity', subject: 'gone' }]),
        rule('federated-credential delete', null),
        rule('sql server firewall-rule', null),
        rule('get … configurations', [
          { id: 'somebody-elses', priority: 40 },
          { id: 'iot-end-to-end-000000000001', priority: 20 },
          { id: 'iot-end-to-end-000000000002', priority: 30 },
        ]),
        rule('delete … configurations', null),
        ...deployed(RESOURCES),
        ...RUNNING,
      ],
      project: refusingDatabase(),
    },
  },
  upByPipeline: {
    commandLine:
      'up --yes --operator operator@example.com --recipients a@example.com,b@example.com',
    circumstances: {
      rules: [
        rule('^account show', {
          id: '11111111-2222-3333-4444-555555555555',
          name: 'Lab subscription',
          tenantId: TENANT,
          user: { name: 'cccccccc-0000-0000-0000-000000000000', type: 'servicePrincipal' },
        }),
      ],
    },
  },
  statusWell: {
    commandLine: 'status',
    circumstances: { rules: [...deployed(RESOURCES), ...WELL] },
  },
  statusOfNothing: { commandLine: 'status', circumstances: {} },
  statusIll: {
    commandLine: 'status',
    circumstances: {
      rules: [
        ...deployed(RESOURCES),
        rule('get … streamingjobs', {
          properties: { jobState: 'Failed', lastOutputEventTime: null },
        }),
        refusal('functionapp show', '(ResourceNotFound) The Resource was not found.'),
        rule('AlertsManagement', {
          value: [
            {
              name: 'lag',
              properties: {
                essentials: { targetResourceName: NAMES.hotPathJob, startDateTime: '2026-11-23' },
              },
            },
          ],
        }),
        ...WELL,
      ],
    },
  },
  downOfOwnGroup: {
    commandLine: 'down --yes',
    circumstances: { rules: [...REMOVING, ...deployed(RESOURCES)] },
  },
  downInSharedGroup: {
    commandLine: 'down --yes',
    circumstances: {
      rules: [
        ...REMOVING,
        rule('get … budgets', {
          value: [
            { name: NAMES.budget, properties: { timePeriod: { startDate: '2026-03-01' } } },
            { name: 'theirs', properties: { timePeriod: { startDate: '2026-03-01' } } },
          ],
        }),
        ...deployed([...RESOURCES, FOREIGN], null),
      ],
    },
  },
  downOfNothing: { commandLine: 'down --yes', circumstances: { rules: [...REMOVING] } },
} satisfies Readonly<Record<string, Scenario>>;

/** Every way, by name. */
export const SCENARIOS: Readonly<Record<keyof typeof ALL, Scenario>> = ALL;
