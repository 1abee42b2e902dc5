/**
 * Instants and the calendar, in UTC, with milliseconds.
 *
 * The service counts in units of 100 ns; digits beyond milliseconds are cut off here.
 */

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Years that the type `datetime` can hold. */
const FIRST_YEAR = 1;
const LAST_YEAR = 9_999;

/** The fields of an instant on the UTC calendar; `month` and `day` count from 1. */
export interface CivilTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

/** Days from 1970-01-01 to a date of the proleptic Gregorian calendar. */
function daysFromCivil(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** The calendar fields of an instant. */
export function toCivil(epochMs: number): CivilTime {
  const days = Math.floor(epochMs / DAY_MS);
  const timeMs = epochMs - days * DAY_MS;
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
    hour: Math.floor(timeMs / HOUR_MS),
    minute: Math.floor((timeMs % HOUR_MS) / MINUTE_MS),
    second: Math.floor((timeMs % MINUTE_MS) / SECOND_MS),
    millisecond: Math.floor(timeMs % SECOND_MS),
  };
}

/** The instant of calendar fields; a day past the end of its month is the month's last. */
export function fromCivil(civil: CivilTime): number {
  const day = Math.min(civil.day, daysInMonth(civil.year, civil.month));
  return (
    daysFromCivil(civil.year, civil.month, day) * DAY_MS +
    civil.hour * HOUR_MS +
    civil.minute * MINUTE_MS +
    civil.second * SECOND_MS +
    civil.millisecond
  );
}

function daysInMonth(year: number, month: number): number {
  const nextYear = month === 12 ? year + 1 : year;
  return daysFromCivil(nextYear, (month % 12) + 1, 1) - daysFromCivil(year, month, 1);
}

const ISO_DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s*(Z|z|[+-]\d{2}(?::?\d{2})?)?)?$/;

/** Parses ISO 8601; without an offset the instant is UTC. `undefined` for anything else. */
export function parseIsoInstant(text: string): number | undefined {
  const match = ISO_DATE_TIME.exec(text.trim());
  if (match === null) return undefined;
  const part = (index: number): number => Number(match[index] ?? 0);
  const civil: CivilTime = {
    year: part(1),
    month: part(2),
    day: part(3),
    hour: part(4),
    minute: part(5),
    second: part(6),
    millisecond: Number((match[7] ?? '').padEnd(3, '0').slice(0, 3)),
  };
  if (!isCivil(civil)) return undefined;
  return fromCivil(civil) - offsetMs(match[8]);
}

function isCivil({ year, month, day, hour, minute, second }: CivilTime): boolean {
  if (year < FIRST_YEAR || month < 1 || month > 12 || day < 1) return false;
  return day <= daysInMonth(year, month) && hour < 24 && minute < 60 && second < 60;
}

function offsetMs(offset: string | undefined): number {
  if (offset === undefined || offset.toUpperCase() === 'Z') return 0;
  const sign = offset.startsWith('-') ? -1 : 1;
  const digits = offset.slice(1).replace(':', '').padEnd(4, '0');
  return sign * (Number(digits.slice(0, 2)) * HOUR_MS + Number(digits.slice(2)) * MINUTE_MS);
}

/** Writes an instant as Stream Analytics does: `2019-10-07T00:03:55.0000000Z`. */
export function formatInstant(epochMs: number): string {
  const { year, month, day, hour, minute, second, millisecond } = toCivil(epochMs);
  const date = `${digits(year, 4)}-${digits(month, 2)}-${digits(day, 2)}`;
  const time = `${digits(hour, 2)}:${digits(minute, 2)}:${digits(second, 2)}`;
  return `${date}T${time}.${digits(millisecond, 3)}0000Z`;
}

/** Whether an instant lies in the years that `datetime` can hold. */
export function isInRange(epochMs: number): boolean {
  const { year } = toCivil(epochMs);
  return year >= FIRST_YEAR && year <= LAST_YEAR;
}

function digits(value: number, length: number): string {
  return String(value).padStart(length, '0');
}
