/**
 * NCRONTAB schedules of timer triggers: `{second} {minute} {hour} {day} {month} {day of week}`.
 *
 * Numbers, `*`, ranges `a-b`, lists `a,b` and steps (`a-b/n`, every nth); times are UTC. Names of months
 * and days are not supported. Source: learn.microsoft.com/azure/azure-functions/functions-bindings-timer
 */

const FIELDS = [
  { name: 'second', min: 0, max: 59 },
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12 },
  { name: 'day of week', min: 0, max: 6 },
] as const;

/** Seconds of a day. */
const DAY_SECONDS = 86_400;
/** Days looked ahead: a leap day comes again within eight years. */
const MAX_DAYS = 366 * 8;

/** The values that each field allows, in the order of `FIELDS`. */
export type Schedule = readonly ReadonlySet<number>[];

/** A schedule that cannot be read; the message names the field. */
export class ScheduleError extends Error {
  override readonly name = 'ScheduleError';
  readonly code = 'SCHEDULE';
}

/** @throws ScheduleError */
export function parseSchedule(expression: string): Schedule {
  const parts = expression.trim().split(/\s+/);
  if (parts.length !== FIELDS.length) {
    throw new ScheduleError(`schedule "${expression}" has ${parts.length} fields, six are needed`);
  }
  return FIELDS.map((field, index) => {
    const values = parts[index]?.split(',').map((part) => parsePart(part, field)) ?? [];
    return new Set(values.flat());
  });
}

type Field = (typeof FIELDS)[number];

function parsePart(part: string, field: Field): number[] {
  const [range = '', step = '1', ...rest] = part.split('/');
  const { low, high } = parseRange(range, part.includes('/'), field);
  const every = /^\d+$/.test(step) ? Number(step) : 0;
  const isInside = low >= field.min && high <= field.max && low <= high;
  if (!isInside || every < 1 || rest.length > 0) {
    throw new ScheduleError(
      `schedule: "${part}" is no ${field.name}: ${field.min} to ${field.max}, *, a-b, a,b or */n`,
    );
  }
  const values: number[] = [];
  for (let value = low; value <= high; value += every) values.push(value);
  return values;
}

/** What is no range has NaN in it, and NaN lies in no field. */
function parseRange(range: string, hasStep: boolean, field: Field): { low: number; high: number } {
  if (range === '*') return { low: field.min, high: field.max };
  const [, from, to] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
  const low = Number(from ?? NaN);
  // `5/10` counts on from 5 to the end of the field.
  return { low, high: to === undefined ? (hasStep ? field.max : low) : Number(to) };
}

/** Calendar of a day, counted from 1 January 1970 UTC. */
export type CalendarDay = (epochDay: number) => {
  readonly day: number;
  readonly month: number;
  readonly dayOfWeek: number;
};

/**
 * The first instant after `afterMs` that the schedule names, epoch milliseconds; undefined when
 * there is none (30 February).
 */
export function nextOccurrence(
  schedule: Schedule,
  afterMs: number,
  calendar: CalendarDay,
): number | undefined {
  const [seconds, minutes, hours, days, months, daysOfWeek] = schedule;
  const afterSecond = Math.floor(afterMs / 1_000);
  const firstDay = Math.floor((afterSecond + 1) / DAY_SECONDS);
  const isOnDay = (epochDay: number): boolean => {
    const { day, month, dayOfWeek } = calendar(epochDay);
    return has(days, day) && has(months, month) && has(daysOfWeek, dayOfWeek);
  };
  const isAt = (second: number): boolean =>
    has(hours, Math.floor(second / 3_600)) &&
    has(minutes, Math.floor(second / 60) % 60) &&
    has(seconds, second % 60);
  for (let epochDay = firstDay; epochDay < firstDay + MAX_DAYS; epochDay += 1) {
    if (!isOnDay(epochDay)) continue;
    const from = Math.max(0, afterSecond + 1 - epochDay * DAY_SECONDS);
    for (let second = from; second < DAY_SECONDS; second += 1) {
      if (isAt(second)) return (epochDay * DAY_SECONDS + second) * 1_000;
    }
  }
  return undefined;
}

function has(values: ReadonlySet<number> | undefined, value: number): boolean {
  return values?.has(value) ?? false;
}
