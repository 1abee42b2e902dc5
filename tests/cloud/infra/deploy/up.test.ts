import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { changes, NAMES, refusal, rule, runDeploy, type Call, type Run } from './fake-azure.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';

const run = ({ commandLine, circumstances }: Scenario) => runDeploy(commandLine, circumstances);

/** The first call that holds all words. */
function call({ calls }: Run, words: string): Call {
  const found = calls.find(({ args }) =>
    words.split(' … ').every((word) => args.join(' ').includes(word)),
  );
  assert.ok(found, `no call with ${words}`);
  return found;
}

/** What a call sent. */
function contentOf(of: Run, words: string): Record<string, unknown> {
  const { content } = call(of, words);
  assert.ok(typeof content === 'object' && content !== null);
  return { ...content };
}

describe('deploy up', function () {
  this.timeout(20_000);
  let first: Run;
  let second: Run;

  before(async () => {
    first = await run(SCENARIOS.firstUp);
    second = await run(SCENARIOS.secondUp);
  });

  it('makes everything, in an order in which nothing waits for what comes later', () => {
    assert.equal(first.exitCode, 0, first.said);
    const steps = changes(first).map((line) => {
      const path = /--url \S+?(enrollmentGroups|configurations|start)/.exec(line)?.[1];
      return [line.split(' --')[0], path ?? ''].join(' ').trim();
    });
    const order = [
      'provider register',
      'group create',
      'ad app create',
      'ad app update',
      'ad sp create',
      'deployment group create',
      'ad app federated-credential create',
      'rest enrollmentGroups',
      'functionapp deployment source config-zip',
      'webapp deploy',
      'rest configurations',
      'rest start',
    ];
    assert.deepEqual([...new Set(steps)], order);
  });

  it('packs the code before anything is made, and the tables before the apps start', () => {
    const scripts = first.projectCommands.map(({ script, args }) => `${script} ${args[0]}`);
    assert.deepEqual(scripts, [
      'package function',
      'package dashboard',
      'sql migrate',
      'sql users',
    ]);
  });

  it('registers only the providers that are missing', () => {
    const registered = first.calls.filter(({ args }) => args[1] === 'register');
    const names = registered.map(({ args }) => args[3]);
    assert.ok(names.includes('Microsoft.Devices'));
    assert.ok(!names.includes('Microsoft.Storage'));
  });

  it('passes secrets in the environment, never in arguments', () => {
    const { environment } = call(first, 'deployment group create');
    const key = environment['IOT_ACKNOWLEDGE_KEY'] ?? '';
    assert.ok(key.length >= 32);
    for (const { args } of first.calls) assert.ok(!args.join(' ').includes(key));
    assert.ok(!first.said.includes(key));
  });

  it('keeps the files that az reads to itself, and removes them', () => {
    const files = first.calls.flatMap(({ args, mode }) => {
      const file = args.find((argument) => argument.startsWith('@'));
      return file === undefined ? [] : [{ path: file.slice(1), mode }];
    });
    assert.ok(files.length > 0);
    for (const { path, mode } of files) {
      assert.equal(mode, 0o600);
      assert.ok(!existsSync(path));
    }
  });

  it('makes enrollment groups whose keys Azure chooses, and only gateways get modules', () => {
    const gateways = contentOf(first, '--method put … enrollmentGroups/gateways');
    assert.deepEqual(gateways['attestation'], { type: 'symmetricKey' });
    assert.deepEqual(gateways['capabilities'], { iotEdge: true });
    const meters = contentOf(first, '--method put … enrollmentGroups/smart-meters');
    assert.deepEqual(meters['capabilities'], { iotEdge: false });
  });

  it('starts jobs that never ran with what arrives from now on', () => {
    assert.deepEqual(contentOf(first, `${NAMES.hotPathJob}/start`), {
      outputStartMode: 'JobStartTime',
    });
  });

  it('stops running jobs before their queries change, and lets them go on where they stopped', () => {
    assert.equal(second.exitCode, 0, second.said);
    const made = changes(second);
    const at = (words: string) => made.findIndex((line) => line.includes(words));
    assert.ok(at('/stop?') !== -1 && at('/stop?') < at('deployment group create'));
    assert.deepEqual(contentOf(second, `${NAMES.coldPathJob}/start`), {
      outputStartMode: 'LastOutputEventTime',
    });
  });

  it('keeps keys, enrollment groups, the registration and the start of the budget', () => {
    const { environment } = call(second, 'deployment group create');
    assert.equal(environment['IOT_ACKNOWLEDGE_KEY'], '');
    assert.equal(environment['IOT_BUDGET_START'], '2026-03-01');
    const made = changes(second).join('\n');
    assert.ok(!made.includes('enrollmentGroups'));
    assert.ok(!made.includes('ad app create'));
  });

  it('makes the key of acknowledge links when the vault came without it', async () => {
    const { commandLine, circumstances } = SCENARIOS.secondUp;
    const missing = refusal('secrets/acknowledge-key', 'Not Found({"error":{"code":"NotFound"}})');
    const rules = [missing, ...(circumstances.rules ?? [])];
    const { environment } = call(
      await runDeploy(commandLine, { ...circumstances, rules }),
      'deployment group create',
    );
    assert.match(environment['IOT_ACKNOWLEDGE_KEY'] ?? '', /^[\w-]{43}$/);
  });

  it('trusts the identity of today when that of the registration is gone', () => {
    assert.ok(changes(second).some((line) => line.includes('federated-credential delete')));
    assert.equal(
      contentOf(second, 'federated-credential create')['subject'],
      'dddddddd-0000-0000-0000-000000000000',
    );
  });

  it('gives gateways a new deployment above all others and keeps the one before it', () => {
    const deployment = contentOf(second, '--method put … configurations');
    assert.equal(deployment['priority'], 41);
    assert.equal(deployment['targetCondition'], "tags.role='gateway'");
    const removed = changes(second).filter((line) => line.includes('delete --url'));
    assert.equal(removed.length, 1);
    assert.match(removed[0] ?? '', /configurations\/iot-end-to-end-000000000001\?/);
  });

  it('goes back to an earlier deployment by its manifest', async () => {
    const { id } = contentOf(first, '--method put … configurations');
    const { commandLine, circumstances } = SCENARIOS.secondUp;
    const listed = rule('get … configurations', [
      { id, priority: 10 },
      { id: 'iot-end-to-end-000000000002', priority: 11 },
    ]);
    const rules = [listed, ...(circumstances.rules ?? [])];
    const back = await runDeploy(commandLine, { ...circumstances, rules });
    assert.equal(contentOf(back, '--method put … configurations')['priority'], 12);
    assert.ok(call(back, '--method put … configurations').args.includes('If-Match=*'));
    const inForce = rule('get … configurations', [{ id, priority: 10 }]);
    const again = await runDeploy(commandLine, { ...circumstances, rules: [inForce, ...rules] });
    assert.ok(!changes(again).some((line) => line.includes('/configurations/')));
  });

  it('lets just this address reach the database, for as long as it takes', () => {
    const rules = changes(second).filter((line) => line.includes('firewall-rule'));
    assert.match(
      rules[0] ?? '',
      /create .*--start-ip-address 203\.0\.113\.7 --end-ip-address 203\.0\.113\.7/,
    );
    assert.match(rules[1] ?? '', /delete .*--name deploy-from-here/);
  });

  it('closes the database again when its tables could not be made', async () => {
    const failed = await runDeploy('up --yes', {
      rules: [rule('sql server firewall-rule', null)],
      project: ({ script }) =>
        script === 'sql'
          ? { exitCode: 1, complaint: "Client with IP address '203.0.113.7' is not allowed" }
          : { exitCode: 0, complaint: '' },
    });
    assert.equal(failed.exitCode, 1);
    assert.match(failed.said, /The database could not be prepared/);
    assert.ok(changes(failed).some((line) => line.includes('firewall-rule delete')));
  });

  it('waits for its roles to be in force', async () => {
    const slow = await runDeploy('up --yes', {
      rules: [
        {
          words: ['get', 'enrollmentGroups'],
          answers: [
            { error: 'Unauthorized({"errorCode":401002})' },
            { error: 'Forbidden' },
            { error: 'Not Found' },
          ],
        },
      ],
    });
    assert.equal(slow.exitCode, 0, slow.said);
  });

  it('makes nothing when the code cannot be packed', async () => {
    const failed = await runDeploy('up --yes', {
      project: () => ({ exitCode: 1, complaint: 'no such file' }),
    });
    assert.equal(failed.exitCode, 1);
    assert.deepEqual(changes(failed), []);
    assert.match(failed.said, /`npm run package -- function .*no such file/s);
  });

  it('makes nothing without a yes', async () => {
    const declined = await runDeploy('up', { answer: 'no' });
    assert.equal(declined.exitCode, 1);
    assert.deepEqual(changes(declined), []);
    const unattended = await runDeploy('up', {});
    assert.match(unattended.said, /--yes says it beforehand/);
  });

  it('stops before anything is made when a name is taken or a quota is too small', async () => {
    const refused = await runDeploy('up --yes', {
      rules: [
        rule('Microsoft.Sql … vailability?', { available: false, message: 'It is taken.' }),
        rule('/quotas?', { value: [{ properties: { maxCount: 12, currentCount: 6 } }] }),
        rule('keyvault list-deleted', [NAMES.vault]),
      ],
    });
    assert.equal(refused.exitCode, 1);
    assert.deepEqual(changes(refused), []);
    assert.match(refused.said, new RegExp(`${NAMES.sqlServer} .*It is taken\\.`));
    assert.match(refused.said, /6 of the 9 streaming units/);
    assert.match(refused.said, /az keyvault purge/);
  });

  it('says what is missing without az, with an old one, and when nobody is signed in', async () => {
    const without = await runDeploy('up --yes', { withoutAz: true });
    assert.equal(without.exitCode, 1);
    assert.match(without.said, /az command line is not there.*npm start/s);
    const old = await runDeploy('plan', {
      rules: [rule('^version', { 'azure-cli': '2.50.0' })],
    });
    assert.match(old.said, /az 2\.50\.0 is too old/);
    const nobody = await runDeploy('plan', {
      rules: [refusal('^account show', "Please run 'az login' to setup account.")],
    });
    assert.match(nobody.said, /Nobody is signed in/);
  });

  it('refuses a manifest that is still a template', async () => {
    const refused = await runDeploy('up --yes --manifest deployment.template.json');
    assert.equal(refused.exitCode, 2);
    assert.deepEqual(changes(refused), []);
    assert.match(refused.said, /still a template/);
  });

  it('needs an address of an operator from a pipeline', async () => {
    const { rules } = SCENARIOS.upByPipeline.circumstances;
    const refused = await runDeploy('up --yes', { rules: rules ?? [] });
    assert.equal(refused.exitCode, 2);
    assert.match(refused.said, /--operator <address>/);
  });
});
