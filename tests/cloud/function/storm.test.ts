import assert from 'node:assert/strict';
import type { Mail } from '../../../cloud/function/src/core/mail.ts';
import { recordAnomalies } from '../../../cloud/function/src/record-anomalies.ts';
import { sendDueMails } from '../../../cloud/function/src/send-due-mails.ts';
import { openStores, type Services } from '../../../cloud/function/src/services.ts';
import { fingerprintOf } from '../../../cloud/function/src/table-keys.ts';
import { startAzurite, type Azurite } from '../../support/azurite.ts';
import { testSettings, type TestSettings } from '../../support/settings.ts';
import {
  alertEvent,
  appSettings,
  CLEAR_AFTER_MS,
  memoryLog,
  START_MS,
  toIso,
  UPDATE_MS,
} from './support.ts';

const ANOMALIES = 10_000;
const METERS = 2_000;
/** What the event hub hands over at once: host.json. */
const BATCH = 256;
const SECOND_MS = 1_000;
const log = memoryLog();

describe('a storm of ten thousand anomalies in a minute', function () {
  this.timeout(60_000);
  const clock = { nowMs: START_MS };
  const mails: Mail[] = [];
  let local: TestSettings;
  let azurite: Azurite;
  let services: Services;

  before(async () => {
    local = await testSettings();
    azurite = await startAzurite(local.settings);
    services = {
      ...(await openStores(appSettings(local.settings), () => clock.nowMs)),
      transport: {
        timeoutMs: SECOND_MS,
        send: async (mail) => {
          mails.push(mail);
        },
        close: () => undefined,
      },
      deadLetters: { put: () => Promise.reject(new Error('no mail is given up here')) },
    };
  });

  after(async () => {
    await azurite.stop();
    await local.cleanup();
  });

  it('makes three mails at most, which tell of each once, in the time it takes to come', async () => {
    const startedAt = performance.now();
    const events = Array.from({ length: ANOMALIES }, (_, index) => event(index));
    for (let at = 0; at < ANOMALIES; at += BATCH) {
      clock.nowMs = START_MS + Math.floor((at / ANOMALIES) * 60) * SECOND_MS;
      await recordAnomalies(services, events.slice(at, at + BATCH), log);
      if (at % (8 * BATCH) === 0) await sendDueMails(services, log);
    }
    const seconds = (performance.now() - startedAt) / SECOND_MS;
    for (const waitMs of [0, UPDATE_MS, CLEAR_AFTER_MS, UPDATE_MS]) {
      clock.nowMs += waitMs;
      await sendDueMails(services, log);
    }

    assert.deepEqual(
      mails.map(({ kind }) => kind),
      ['first', 'update', 'all-clear'],
    );
    assert.equal(
      mails.reduce((sum, { model }) => sum + model.news.count, 0),
      ANOMALIES,
    );
    assert.equal(sumOf(mails.map(({ model }) => model.news.fingerprint)), sumOf(fingerprints()));
    assert.ok(seconds < 60, `took ${seconds} s`);
    const last = mails.at(-1)?.model;
    assert.equal(last?.total.count, ANOMALIES);
    assert.equal(last.total.meters.length + last.total.ofOtherMeters / 5, METERS);
  });
});

function event(index: number): unknown {
  const time = toIso(START_MS + index * 6);
  return alertEvent({ id: `Meter${index % METERS}`, time, seq: index });
}

function fingerprints(): number[] {
  return Array.from({ length: ANOMALIES }, (_, index) =>
    fingerprintOf({ meterId: `Meter${index % METERS}`, atMs: START_MS + index * 6 }),
  );
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => (sum + value) % 2 ** 48, 0);
}
