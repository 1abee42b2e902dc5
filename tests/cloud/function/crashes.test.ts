import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Mailbox } from '../../../simulator/azure/mailbox/mailbox.ts';
import { recordAnomalies } from '../../../cloud/function/src/record-anomalies.ts';
import { sendDueMails } from '../../../cloud/function/src/send-due-mails.ts';
import type { Services } from '../../../cloud/function/src/services.ts';
import { startAzurite, type Azurite } from '../../support/azurite.ts';
import { testSettings, type TestSettings } from '../../support/settings.ts';
import { alertEvent, GROUP_WAIT_MS, memoryLog, openInstance, openMailbox } from './support.ts';

const NOW_MS = Date.parse('2026-11-22T19:00:00Z');
const INSTANCE = fileURLToPath(new URL('crashing-instance.ts', import.meta.url));
const log = memoryLog();

describe('a Function killed with SIGKILL', function () {
  this.timeout(30_000);
  const clock = { nowMs: NOW_MS };
  let local: TestSettings;
  let azurite: Azurite;
  let mailbox: Mailbox;
  let survivor: Services;

  before(async () => {
    local = await testSettings();
    azurite = await startAzurite(local.settings);
    mailbox = await openMailbox(local.settings);
    survivor = await openInstance(local.settings, clock);
    await writeFile(settingsFile(), JSON.stringify(local.settings));
  });

  after(async () => {
    survivor.mailer.close();
    await mailbox.stop();
    await azurite.stop();
    await local.cleanup();
  });

  function settingsFile(): string {
    return join(local.settings.stateFolder, 'settings.json');
  }

  async function runUntilKilled(crashPoint: string, meterId: string): Promise<void> {
    const args = [settingsFile(), crashPoint, String(NOW_MS), meterId];
    const child = spawn(process.execPath, ['--import', 'tsx', INSTANCE, ...args], {
      stdio: 'inherit',
    });
    const [code, signal] = await once(child, 'exit');
    assert.deepEqual([code, signal], [null, 'SIGKILL']);
  }

  function mailsOf(meterId: string): string[] {
    return mailbox
      .list()
      .filter(({ incident }) => incident?.startsWith(`${meterId}/`))
      .map(({ subject, copies }) => `${subject.includes('2 anomalies')} x${copies}`);
  }

  for (const { crashPoint, copiesBefore, copiesAfter } of [
    { crashPoint: 'events kept', copiesBefore: 0, copiesAfter: 1 },
    { crashPoint: 'incident claimed', copiesBefore: 0, copiesAfter: 1 },
    { crashPoint: 'mail taken', copiesBefore: 1, copiesAfter: 2 },
    { crashPoint: 'mail on record', copiesBefore: 1, copiesAfter: 1 },
  ]) {
    it(`after "${crashPoint}" leaves one mail, as the mailbox folds it`, async () => {
      const meterId = crashPoint.replaceAll(' ', '-');
      await runUntilKilled(crashPoint, meterId);
      assert.deepEqual(mailsOf(meterId), copiesBefore === 0 ? [] : [`true x${copiesBefore}`]);

      // The event hub delivers again what was not checkpointed.
      clock.nowMs = NOW_MS + GROUP_WAIT_MS;
      await recordAnomalies(survivor, [alertEvent({ id: meterId })], log);
      await sendDueMails(survivor, log);
      clock.nowMs += 2 * GROUP_WAIT_MS;
      await sendDueMails(survivor, log);

      assert.deepEqual(mailsOf(meterId), [`true x${copiesAfter}`]);
      assert.deepEqual(await survivor.pending.list(), []);
    });
  }
});
