/** The templates, and what `up` runs, against the two apps and the project's own commands. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readEnv } from '../../../cloud/dashboard/server/env.ts';
import { parseAppSettings } from '../../../cloud/function/src/env.ts';
import {
  addDatabaseUsers,
  migrateDatabase,
  packageDashboard,
  packageFunction,
} from '../../../cloud/infra/deploy/project-commands.ts';
import { readArguments } from '../../../cloud/sql/tool/arguments.ts';

const SERVICES = 'cloud/infra/services';
const read = (path: string): string => readFileSync(path, 'utf8');
const main = read('cloud/infra/main.bicep');

/** Names and values of app settings in a template, with something in place of expressions. */
function settingsIn(source: string): Record<string, string> {
  const pairs = [
    ...source.matchAll(/name: '(\w+)'\n +value: (.+)/g),
    ...source.matchAll(/^ {2}([A-Z][A-Za-z_]*[A-Z]\w*): (.+)$/gm),
  ];
  return Object.fromEntries(
    pairs.map(([, name = '', value = '']) => [name, value.replace(/^'([^']*)'$/, '$1')]),
  );
}

describe('the templates and the two apps', () => {
  it('set what the dashboard reads, and nothing that it does not', () => {
    const settings = settingsIn(read(join(SERVICES, 'dashboard.bicep')));
    const platform = [
      'AZURE_CLIENT_ID',
      'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID',
      'SCM_DO_BUILD_DURING_DEPLOYMENT',
    ];
    const own = Object.keys(settings).filter((name) => !platform.includes(name));
    const source = read('cloud/dashboard/server/env.ts');
    for (const name of own) assert.match(source, new RegExp(`\\b${name}:`), name);
    const environment = readEnv({ ...settings, WEBSITE_SITE_NAME: 'x' });
    assert.equal(environment.host, '0.0.0.0');
    assert.ok('namespace' in environment.hotPath && 'namespace' in environment.alerts);
    assert.equal(environment.sql?.login, undefined);
    assert.equal(environment.authentication, 'easy-auth');
  });

  it('set what the Function requires, and nothing that it does not read', () => {
    const settings = settingsIn(read(join(SERVICES, 'function.bicep')));
    const sources = readdirSync('cloud/function/src', { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => read(join('cloud/function/src', path)))
      .join('\n');
    const host = /^(AzureWebJobs|APPLICATIONINSIGHTS|AZURE_CLIENT_ID|ALERTS_CONNECTION)/;
    for (const name of Object.keys(settings).filter((one) => !host.test(one))) {
      assert.match(sources, new RegExp(`\\b${name}\\b`), name);
    }
    for (const [, name = ''] of sources.matchAll(/'%(\w+)%'/g)) {
      assert.notEqual(settings[name], undefined, `the trigger's ${name}`);
    }
    for (const [, name = ''] of sources.matchAll(/connection: '(\w+)'/g)) {
      assert.notEqual(settings[`${name}__fullyQualifiedNamespace`], undefined, name);
    }
    const evaluated = {
      ...settings,
      SITES: '[]',
      INCIDENTS_STORAGE: 'https://x.table.core.windows.net',
      MAIL_TO: 'a@example.com',
      MAIL_FROM: 'b@example.com',
      MAIL_TRANSPORT: 'communication-services',
      COMMUNICATION_ENDPOINT: 'https://x.communication.azure.com',
      SMTP_HOST: '',
      SMTP_USER: '',
      SMTP_PASSWORD: '',
      LOGIC_APP_URL: '',
      ACKNOWLEDGE_KEY: 'x'.repeat(43),
      DASHBOARD_URL: 'https://x.azurewebsites.net',
      WEBSITE_HOSTNAME: 'x.azurewebsites.net',
    };
    assert.equal(parseAppSettings(evaluated).mail.transport.kind, 'communication-services');
  });

  it('start the file that the package of the dashboard has', () => {
    const command = /appCommandLine: 'node (\S+)'/.exec(
      read(join(SERVICES, 'dashboard.bicep')),
    )?.[1];
    assert.ok(read('scripts/dashboard-package.mjs').includes(`'${command}':`));
  });

  it('let the transports of the mails be chosen that the Function has', () => {
    const allowed =
      /@allowed\(\[\n((?: {2}'[\w-]+'\n)+)\]\)\nparam mailTransport/.exec(main)?.[1] ?? '';
    const names = [...allowed.matchAll(/'([\w-]+)'/g)].map(([, name]) => name ?? '');
    const source = read('cloud/function/src/mail-settings.ts');
    const known = /MAIL_TRANSPORT: z\.enum\(\[([^\]]+)\]\)/.exec(source)?.[1] ?? '';
    assert.deepEqual(
      names.toSorted(),
      [...known.matchAll(/'([\w-]+)'/g)].map(([, name]) => name ?? '').toSorted(),
    );
  });

  it('ask the Logic App by the trigger that its workflow has', () => {
    const Workflow = z.object({
      definition: z.object({ triggers: z.record(z.string(), z.unknown()) }),
    });
    const { triggers } = Workflow.parse(
      JSON.parse(read('cloud/infra/logic-app/workflow.json')),
    ).definition;
    const source = read(join(SERVICES, 'logic-app.bicep'));
    const trigger = /\/triggers\/(\w+)'/.exec(source)?.[1] ?? '';
    assert.ok(trigger in triggers);
  });
});

describe('the commands that up runs', () => {
  const database = { server: 'x.database.windows.net', database: 'smart-meters' };

  it('are scripts of the project', () => {
    const Package = z.object({ scripts: z.record(z.string(), z.string()) });
    const { scripts } = Package.parse(JSON.parse(read('package.json')));
    const commands = [
      packageFunction('f.zip'),
      packageDashboard('d.zip'),
      migrateDatabase(database),
      addDatabaseUsers(database, []),
    ];
    for (const { script } of commands) assert.ok(script in scripts, script);
  });

  it('are understood by the command for the database, as the signed-in account', () => {
    const address = { kind: 'server', port: 1_433, login: undefined, ...database };
    assert.deepEqual(readArguments(migrateDatabase(database).args, undefined), {
      kind: 'migrate',
      address,
    });
    const users = [...main.matchAll(/role: '(\w+)'/g)].map(([, role = '']) => ({
      name: 'iot-lab-abc123-x',
      role,
    }));
    assert.deepEqual(readArguments(addDatabaseUsers(database, users).args, undefined), {
      kind: 'users',
      address,
      members: users.map(({ name, role }) => ({ user: name, role })),
    });
  });
});
