/**
 * An instance of the Function that dies by SIGKILL right after one of its steps.
 *
 * Run as `node --import tsx crashing-instance.ts <settings.json> <step> <now, ms> <gateway>`.
 */
import { readSettings } from '../../../simulator/wire/settings.ts';
import { recordAnomalies } from '../../../cloud/function/src/record-anomalies.ts';
import { sendDueMails } from '../../../cloud/function/src/send-due-mails.ts';
import type { Services } from '../../../cloud/function/src/services.ts';
import { alertEvent, GROUP_WAIT_MS, memoryLog, openInstance } from './support.ts';

const [, , settingsFile, lastStep, nowMs, gateway] = process.argv;
const clock = { nowMs: Number(nowMs) };
const services = withCrash(await openInstance(readSettings(settingsFile), clock));
const log = memoryLog();
const time = new Date(clock.nowMs).toISOString();
const events = [alertEvent({ gateway, time }), alertEvent({ gateway, time, seq: 42 })];
await recordAnomalies(services, events, log);
clock.nowMs += GROUP_WAIT_MS;
await sendDueMails(services, log);

function withCrash(real: Services): Services {
  const { arrivals, sites, index, transport } = real;
  return {
    ...real,
    arrivals: {
      record: (...args) => diesAfter('anomalies kept', arrivals.record(...args)),
      pending: (...args) => arrivals.pending(...args),
    },
    index: {
      makeDue: (...args) => diesAfter('site made due', index.makeDue(...args)),
      noteHeard: (...args) => index.noteHeard(...args),
      // Others are dying beside this one: each serves its own gateway.
      due: async (...args) => (await index.due(...args)).filter(({ id }) => id === gateway),
      all: () => index.all(),
      putOff: (...args) => index.putOff(...args),
      noteWatching: (...args) => index.noteWatching(...args),
    },
    sites: {
      load: (...args) => sites.load(...args),
      recorded: (...args) => sites.recorded(...args),
      unsaved: (...args) => sites.unsaved(...args),
      saved: (...args) => sites.saved(...args),
      mailPlace: (...args) => sites.mailPlace(...args),
      count: (...args) => diesAfter('anomalies counted', sites.count(...args)),
      makeOut: (...args) => diesAfter('mail made out', sites.makeOut(...args)),
      claim: (...args) => diesAfter('mail claimed', sites.claim(...args)),
      finish: (...args) => diesAfter('mail on record', sites.finish(...args)),
    },
    transport: {
      timeoutMs: transport.timeoutMs,
      send: (mail) => diesAfter('mail taken', transport.send(mail)),
      close: () => transport.close(),
    },
  };
}

/** Does not come back when `step` is the last of this instance. */
async function diesAfter<T>(step: string, done: Promise<T>): Promise<T> {
  const result = await done;
  if (step === lastStep) {
    process.kill(process.pid, 'SIGKILL');
    await new Promise<never>(() => undefined);
  }
  return result;
}
