import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { parseAppSettings } from '../../../cloud/function/src/env.ts';
import { localAppSettings } from '../../../simulator/azure/functions/app-settings.ts';
import { testSettings } from '../../support/settings.ts';

const FUNCTION_FOLDER = new URL('../../../cloud/function/', import.meta.url);

const MINIMUM = {
  INCIDENTS_STORAGE: 'UseDevelopmentStorage=true',
  SMTP_HOST: 'smtp.example.com',
  MAIL_FROM: 'meters@example.com',
  MAIL_TO: 'operator@example.com',
};

function example(): Record<string, string> {
  const text = readFileSync(new URL('local.settings.example.json', FUNCTION_FOLDER), 'utf8');
  return z.object({ Values: z.record(z.string(), z.string()) }).parse(JSON.parse(text)).Values;
}

describe('app settings', () => {
  it('have defaults fit for Azure: half a minute of waiting, TLS required', () => {
    const { groupWaitMs, smtp, dashboardUrl } = parseAppSettings(MINIMUM);

    assert.equal(groupWaitMs, 30_000);
    assert.deepEqual([smtp.port, smtp.tls, smtp.login], [587, 'starttls', null]);
    assert.equal(dashboardUrl, null);
  });

  it('that are missing or wrong are named, without a value', () => {
    const wrong = {
      ...MINIMUM,
      SMTP_HOST: undefined,
      SMTP_PORT: 'hunter2',
      SMTP_PASSWORD: 'secret',
    };

    assert.throws(
      () => parseAppSettings(wrong),
      ({ message }: Error) =>
        /SMTP_HOST/.test(message) && /SMTP_PORT/.test(message) && !/hunter2|secret/.test(message),
    );
    assert.throws(() => parseAppSettings({ ...MINIMUM, DASHBOARD_URL: 'javascript:alert(1)' }));
  });

  it('of the example file and of the local host are complete and the same', async () => {
    const { settings, cleanup } = await testSettings();
    const local = localAppSettings(settings);
    await cleanup();

    parseAppSettings(example());
    parseAppSettings(local);
    const own = new Set(['FUNCTIONS_WORKER_RUNTIME', 'DASHBOARD_URL', 'SMTP_TIMEOUT_SECONDS']);
    const names = (values: object): string[] =>
      Object.keys(values)
        .filter((name) => !own.has(name))
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
