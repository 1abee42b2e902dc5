/**
 * An instance of the Function that dies by SIGKILL right before or after one of its steps.
 *
 * Run as `node --import tsx crashing-instance.ts <settings.json> <crash point> <now, ms> <meter>`.
 */
import { readSettings } from '../../../simulator/wire/settings.ts';
import { recordAnomalies } from '../../../cloud/function/src/record-anomalies.ts';
import { sendDueMails } from '../../../cloud/function/src/send-due-mails.ts';
import type { Services } from '../../../cloud/function/src/services.ts';
import { alertEvent, GROUP_WAIT_MS, memoryLog, openInstance } from './support.ts';

const [, , settingsFile, crashPoint, nowMs, meterId] = process.argv;
const clock = { nowMs: Number(nowMs) };
const services = withCrash(await openInstance(readSettings(settingsFile), clock));
const log = memoryLog();
await recordAnomalies(
  services,
  [alertEvent({ id: meterId }), alertEvent({ id: meterId, seq: 42 })],
  log,
);
clock.nowMs += GROUP_WAIT_MS;
await sendDueMails(services, log);

function withCrash(real: Services): Services {
  const { pending, incidents, mailer } = real;
  return {
    ...real,
    pending: {
      add: async (...args) => {
        await pending.add(...args);
        await dieAt('events kept');
      },
      list: () => pending.list(),
      remove: async (told) => {
        if (told.length > 0) await dieAt('mail on record');
        await pending.remove(told);
      },
    },
    incidents: {
      view: (...args) => incidents.view(...args),
      claim: async (...args) => {
        const claim = await incidents.claim(...args);
        await dieAt('incident claimed');
        return claim;
      },
      reclaim: (...args) => incidents.reclaim(...args),
      markMailed: (...args) => incidents.markMailed(...args),
    },
    mailer: {
      send: async (...args) => {
        await mailer.send(...args);
        await dieAt('mail taken');
      },
      close: () => mailer.close(),
    },
  };
}

/** Does not come back when `point` is where this instance dies. */
async function dieAt(point: string): Promise<void> {
  if (point !== crashPoint) return;
  process.kill(process.pid, 'SIGKILL');
  await new Promise<never>(() => undefined);
}
