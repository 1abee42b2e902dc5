/** Timer triggers: calls a function at the instants of its schedule, never twice at once. */
import type { Logger } from '../../wire/logger.ts';
import type { RunningService } from '../../wire/local-process.ts';
import { nextOccurrence, parseSchedule, type CalendarDay } from './core/ncrontab.ts';
import type { InvocationRecorder } from './invocations.ts';

/** Longest wait in one piece, milliseconds: what setTimeout takes. */
const MAX_WAIT_MS = 2 ** 31 - 1;

export interface TimerTrigger {
  readonly bindingName: string;
  /** NCRONTAB. */
  readonly schedule: string;
  readonly target: InvocationRecorder;
  readonly log: Logger;
}

/**
 * Starts the timer.
 *
 * @throws ScheduleError when the schedule cannot be read
 */
export function startTimerTrigger(trigger: TimerTrigger): RunningService {
  const schedule = parseSchedule(trigger.schedule);
  const stopping = new AbortController();
  const run = async (): Promise<void> => {
    let lastMs: number | undefined;
    while (!stopping.signal.aborted) {
      const nextMs = nextOccurrence(schedule, Date.now(), calendar);
      if (nextMs === undefined) return;
      await waitUntil(nextMs, stopping.signal);
      if (stopping.signal.aborted) return;
      await fire(trigger, { lastMs, nextMs });
      lastMs = nextMs;
    }
  };
  const ended = run();
  return {
    stop: async () => {
      stopping.abort();
      await ended;
    },
  };
}

async function fire(
  { bindingName, target, log }: TimerTrigger,
  { lastMs, nextMs }: { readonly lastMs: number | undefined; readonly nextMs: number },
): Promise<void> {
  const at = new Date(nextMs).toISOString();
  const timer = {
    Schedule: { AdjustForDST: true },
    ScheduleStatus: { Last: new Date(lastMs ?? 0).toISOString(), Next: at, LastUpdated: at },
    IsPastDue: false,
  };
  try {
    const data = { json: JSON.stringify(timer) };
    await target.invoke({ inputData: [{ name: bindingName, data }] }, 0);
  } catch (error) {
    log.warn({ err: error }, 'timer invocation failed, the next one comes by schedule');
  }
}

const calendar: CalendarDay = (epochDay) => {
  const date = new Date(epochDay * 86_400_000);
  return {
    day: date.getUTCDate(),
    month: date.getUTCMonth() + 1,
    dayOfWeek: date.getUTCDay(),
  };
};

async function waitUntil(atMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && Date.now() < atMs) {
    await pause(Math.min(atMs - Date.now(), MAX_WAIT_MS), signal);
  }
}

/** Waits `ms`, or until `signal` aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    if (signal.aborted) done();
  });
}
