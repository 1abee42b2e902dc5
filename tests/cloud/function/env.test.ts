import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { parseAppSettings } from '../../../cloud/function/src/env.ts';
import { localAppSettings } from '../../../simulator/azure/functions/app-settings.ts';
import { testSettings } from '../../support/settings.ts';
import {
  CLEAR_AFTER_MS,
  GROUP_WAIT_MS,
  REMINDER_MS,
  SILENT_AFTER_MS,
  UPDATE_MS,
} from './support.ts';

const FUNCTION_FOLDER = new URL('../../../cloud/function/', import.meta.url);

const MINIMUM = {
  INCIDENTS_STORAGE: 'UseDevelopmentStorage=true',
  SMTP_HOST: 'smtp.example.com',
  MAIL_FROM: 'meters@example.com',
  MAIL_TO: 'operator@example.com',
  ACKNOWLEDGE_KEY: 'k'.repeat(32),
  WEBSITE_HOSTNAME: 'app.azurewebsites.net',
};

function example(): Record<string, string> {
  const text = readFileSync(new URL('local.settings.example.json', FUNCTION_FOLDER), 'utf8');
  return z.object({ Values: z.record(z.string(), z.string()) }).parse(JSON.parse(text)).Values;
}

describe('app settings', () => {
  it('have defaults fit for Azure: half a minute of waiting, TLS required', () => {
    const { pace, mail } = parseAppSettings(MINIMUM);
    const { transport, timeoutMs, links, deadLetterQueue, dashboardUrl } = mail;

    assert.deepEqual(pace, {
      groupWaitMs: GROUP_WAIT_MS,
      updateMs: UPDATE_MS,
      reminderMs: REMINDER_MS,
      clearAfterMs: CLEAR_AFTER_MS,
      lateAfterMs: 900_000,
      silentAfterMs: SILENT_AFTER_MS,
    });
    assert.deepEqual(transport, {
      kind: 'smtp',
      host: 'smtp.example.com',
      port: 587,
      tls: 'starttls',
      login: null,
    });
    assert.deepEqual([timeoutMs, links.validMs], [30_000, 7 * 86_400_000]);
    assert.equal(links.url, 'https://app.azurewebsites.net/api/acknowledge');
    assert.deepEqual([deadLetterQueue, dashboardUrl], ['dead-mails', null]);
  });

  it('that are missing or wrong are named, without a value', () => {
    const wrong = {
      ...MINIMUM,
      SMTP_PORT: 'hunter2',
      SMTP_PASSWORD: 'secret',
    };

    assert.throws(
      () => parseAppSettings(wrong),
      ({ message }: Error) => /SMTP_PORT/.test(message) && !/hunter2|secret/.test(message),
    );
    assert.throws(() => parseAppSettings({ ...MINIMUM, DASHBOARD_URL: 'javascript:alert(1)' }));
  });

  it('of the chosen transport are asked for by name, and those of the others are not', () => {
    const { SMTP_HOST: _smtp, ...none } = MINIMUM;
    const MAIL_TRANSPORTS = {
      smtp: /SMTP_HOST: missing/,
      'communication-services': /COMMUNICATION_ENDPOINT: missing/,
      'logic-app': /LOGIC_APP_URL: missing/,
    };
    for (const [MAIL_TRANSPORT, missing] of Object.entries(MAIL_TRANSPORTS)) {
      assert.throws(() => parseAppSettings({ ...none, MAIL_TRANSPORT }), missing);
    }
    assert.throws(
      () => parseAppSettings({ ...MINIMUM, MAIL_TRANSPORT: 'pigeon' }),
      /MAIL_TRANSPORT/,
    );
    const COMMUNICATION_ENDPOINT = 'https://mails.communication.azure.com';
    const { mail } = parseAppSettings({
      ...none,
      MAIL_TRANSPORT: 'communication-services',
      COMMUNICATION_ENDPOINT,
      LOGIC_APP_URL: '',
    });
    assert.deepEqual(mail.transport, {
      kind: 'communication-services',
      connection: COMMUNICATION_ENDPOINT,
    });
  });

  it('that name addresses want TLS everywhere but on this machine', () => {
    const withUrl = (LOGIC_APP_URL: string) => () =>
      parseAppSettings({ ...MINIMUM, MAIL_TRANSPORT: 'logic-app', LOGIC_APP_URL });

    assert.throws(withUrl('http://prod.logic.azure.com/x?sig=topsecret'), ({ message }: Error) => {
      return /LOGIC_APP_URL: expected https/.test(message) && !message.includes('topsecret');
    });
    assert.throws(withUrl('http://127.0.0.1.example.com/x'), /expected https/);
    assert.doesNotThrow(withUrl('http://127.0.0.1:80/x'));
    assert.doesNotThrow(withUrl('https://prod.logic.azure.com/x?sig=s'));
  });

  it('want a key for links that cannot be guessed, and an address for them', () => {
    const { WEBSITE_HOSTNAME: _host, ...nowhere } = MINIMUM;

    assert.throws(
      () => parseAppSettings({ ...MINIMUM, ACKNOWLEDGE_KEY: 'short' }),
      /32 characters/,
    );
    const ACKNOWLEDGE_KEY = '@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/k)';
    assert.throws(() => parseAppSettings({ ...MINIMUM, ACKNOWLEDGE_KEY }), /from Key Vault/);
    assert.throws(() => parseAppSettings(nowhere), /FUNCTION_URL: missing/);
  });

  it('of sites are checked at the start: JSON, addresses, nothing twice, nothing unknown', () => {
    const refused: readonly (readonly [string, RegExp])[] = [
      ['gateway', /SITES: expected JSON, a list of sites/],
      ['{}', /SITES: .*array/],
      [
        '[{"id":"a","recipients":["nobody"]}]',
        /SITES\.0\.recipients\.0: expected an e-mail address/,
      ],
      ['[{"id":"a","recipients":[]}]', /SITES\.0\.recipients/],
      ['[{"id":"a"},{"id":"a"}]', /SITES\.1: the site a is there twice/],
      [
        '[{"id":"a","meters":["M"]},{"id":"b","meters":["M"]}]',
        /the meter M belongs to a and to b/,
      ],
      ['[{"id":"a","reciepients":["x@example.com"]}]', /reciepients/],
    ];
    for (const [SITES, expected] of refused) {
      assert.throws(() => parseAppSettings({ ...MINIMUM, SITES }), expected);
    }
  });

  it('of sites leave out what is as usual', () => {
    const SITES =
      '[{"id":"g1","name":"Cellar"},{"id":"roof","recipients":["r@example.com"],"meters":["M1"]}]';
    const MAIL_TO = 'one@example.com, two@example.com';
    const { sites } = parseAppSettings({ ...MINIMUM, MAIL_TO, SITES });

    assert.deepEqual(sites.nameOf('g1'), { id: 'g1', name: 'Cellar' });
    assert.deepEqual(sites.nameOf('g2'), { id: 'g2', name: 'g2' });
    assert.deepEqual(sites.recipientsOf('g1'), ['one@example.com', 'two@example.com']);
    assert.deepEqual(sites.recipientsOf('roof'), ['r@example.com']);
    assert.equal(sites.siteOf({ gateway: null, meterId: 'M1' }), 'roof');
    assert.equal(sites.siteOf({ gateway: null, meterId: 'M2' }), 'direct');
    assert.equal(sites.siteOf({ gateway: 'g2', meterId: 'M1' }), 'g2');
  });

  it('refuse recipients that are no addresses, without telling them', () => {
    for (const MAIL_TO of ['', ' , ', 'secret-name', 'one@example.com; two@example.com']) {
      assert.throws(
        () => parseAppSettings({ ...MINIMUM, MAIL_TO }),
        ({ message }: Error) => /MAIL_TO/.test(message) && !/secret-name/.test(message),
        MAIL_TO,
      );
    }
    const { sites } = parseAppSettings({ ...MINIMUM, MAIL_TO: 'one@example.com, ' });
    assert.deepEqual(sites.recipientsOf('any'), ['one@example.com']);
  });

  it('of the example file and of the local host are complete and the same', async () => {
    const { settings, cleanup } = await testSettings();
    const local = localAppSettings(settings);
    await cleanup();

    parseAppSettings(example());
    parseAppSettings(local);
    const own = new Set(['FUNCTIONS_WORKER_RUNTIME', 'DASHBOARD_URL', 'MAIL_TIMEOUT_SECONDS']);
    const names = (values: object): string[] =>
      Object.keys(values)
        .filter((name) => !own.has(name) && !name.startsWith('SQL_'))
        .toSorted();
    assert.deepEqual(names(example()), names(local));
  });

  it('are all in the table of the README', async () => {
    const readme = readFileSync(new URL('README.md', FUNCTION_FOLDER), 'utf8');
    const { settings, cleanup } = await testSettings();
    await cleanup();

    for (const name of Object.keys(localAppSettings(settings))) {
      assert.ok(readme.includes(`\`${name}\``), name);
    }
  });
});
