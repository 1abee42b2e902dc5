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
import {
  alertEvent,
  GROUP_WAIT_MS,
  memoryLog,
  openInstance,
  openMailbox,
  toIso,
} from './support.ts';

const NOW_MS = Date.parse('2026-11-22T19:00:00Z');
const INSTANCE = fileURLToPath(new URL('crashing-instance.ts', import.meta.url));
const STEPS = [
  { step: 'anomalies kept', copiesBefore: 0, copiesAfter: 1 },
  { step: 'site made due', copiesBefore: 0, copiesAfter: 1 },
  { step: 'anomalies counted', copiesBefore: 0, copiesAfter: 1 },
  { step: 'mail made out', copiesBefore: 0, copiesAfter: 1 },
  { step: 'mail claimed', copiesBefore: 0, copiesAfter: 1 },
  // The one gap that SMTP leaves: the mail goes out again, under the same Message-ID.
  { step: 'mail taken', copiesBefore: 1, copiesAfter: 2 },
  { step: 'mail on record', copiesBefore: 1, copiesAfter: 1 },
] as const;
const log = memoryLog();

describe('a Function killed with SIGKILL', function () {
  this.timeout(120_000);
  const clock = { nowMs: NOW_MS };
  let local: TestSettings;
  let azurite: Azurite;
  let mailbox: Mailbox;
  let survivor: Services;
  const copiesAtDeath = new Map<string, number[]>();

  before(async () => {
    local = await testSettings();
    azurite = await startAzurite(local.settings);
    mailbox = await openMailbox(local.settings);
    survivor = await openInstance(local.settings, clock);
    await writeFile(settingsFile(), JSON.stringify(local.settings));
    await Promise.all(STEPS.map(({ step }) => runUntilKilled(step)));
    for (const { step } of STEPS) copiesAtDeath.set(step, copiesOf(step));
    await surviveAll();
  });

  after(async () => {
    survivor.transport.close();
    await mailbox.stop();
    await azurite.stop();
    await local.cleanup();
  });

  function settingsFile(): string {
    return join(local.settings.stateFolder, 'settings.json');
  }

  async function runUntilKilled(step: string): Promise<void> {
    // Each with a gateway of its own, and all at once: they share the tables, as in Azure.
    const args = [settingsFile(), step, String(NOW_MS), gatewayOf(step)];
    const child = spawn(process.execPath, ['--import', 'tsx', INSTANCE, ...args], {
      stdio: 'inherit',
    });
    const [code, signal] = await once(child, 'exit');
    assert.deepEqual([code, signal], [null, 'SIGKILL'], step);
  }

  /** The event hub delivers again what was not checkpointed; claims of the dead end. */
  async function surviveAll(): Promise<void> {
    clock.nowMs = NOW_MS + GROUP_WAIT_MS;
    for (const { step } of STEPS) {
      const time = toIso(NOW_MS);
      const events = [41, 42].map((seq) => alertEvent({ gateway: gatewayOf(step), time, seq }));
      await recordAnomalies(survivor, events, log);
    }
    for (let second = 0; second < 75; second += 15) {
      await sendDueMails(survivor, log);
      clock.nowMs += 15_000;
    }
  }

  /** How often each mail of the gateway came. */
  function copiesOf(step: string): number[] {
    return mailbox
      .list()
      .filter(({ incident }) => incident?.startsWith(`${gatewayOf(step)}/`))
      .map(({ copies }) => copies);
  }

  for (const { step, copiesBefore, copiesAfter } of STEPS) {
    it(`after "${step}" leaves one mail, as the mailbox folds it`, async () => {
      assert.deepEqual(copiesAtDeath.get(step), copiesBefore === 0 ? [] : [copiesBefore]);
      assert.deepEqual(copiesOf(step), [copiesAfter]);
      const { state } = await survivor.sites.load(gatewayOf(step));
      assert.equal(state.incident?.told.count, 2);
      assert.equal(state.news.count, 0);
      assert.deepEqual(await survivor.arrivals.pending(gatewayOf(step), 1), []);
    });
  }
});

function gatewayOf(step: string): string {
  return step.replaceAll(' ', '-');
}
