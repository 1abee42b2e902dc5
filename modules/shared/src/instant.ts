/**
 * Instants as nearly all meters write them, without the detours of a general parser.
 *
 * Two forms: `2026-06-01T12:00:00.000Z` and `2026-06-01T12:00:00Z` (ISO 8601, UTC).
 */

const ZERO = 0x30;
const DASH = 0x2d;
const COLON = 0x3a;
const POINT = 0x2e;
const LETTER_T = 0x54;
const LETTER_Z = 0x5a;
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** Date.UTC takes smaller years for those of the 20th century. */
const FIRST_YEAR = 1_000;
const MINUTE_MS = 60_000;

/** Epoch milliseconds of an instant in one of the two forms; undefined for any other text. */
export function plainInstantMs(text: string): number | undefined {
  const hasMilliseconds = text.length === 24;
  if (!hasMilliseconds && text.length !== 20) return undefined;
  if (!hasMarks(text, hasMilliseconds)) return undefined;
  const year = 100 * two(text, 0) + two(text, 2);
  const month = two(text, 5);
  const day = two(text, 8);
  const hour = two(text, 11);
  const minute = two(text, 14);
  const second = two(text, 17);
  const millisecond = hasMilliseconds ? 10 * two(text, 20) + digit(text, 22) : 0;
  // What is not a digit made NaN, for which no comparison holds.
  const isTime = hour < 24 && minute < 60 && second < 60 && millisecond < 1_000;
  if (!isTime || !isDate(year, month, day)) return undefined;
  return Date.UTC(year, month - 1, day, hour, minute, second, millisecond);
}

/** Writes instants in the first form, or the second; those of one minute share their beginning. */
export class InstantWriter {
  #minute = Number.NaN;
  #beginning = '';

  /** @param atMs epoch milliseconds, of the years 0 to 9999 */
  write(atMs: number, hasMilliseconds: boolean): string {
    const minute = Math.floor(atMs / MINUTE_MS);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#beginning = new Date(minute * MINUTE_MS).toISOString().slice(0, -7);
    }
    const rest = atMs - minute * MINUTE_MS;
    const millisecond = rest % 1_000;
    const second = (rest - millisecond) / 1_000;
    const seconds = this.#beginning + (second < 10 ? `0${second}` : second);
    if (!hasMilliseconds) return `${seconds}Z`;
    const zeros = millisecond < 10 ? '00' : '0';
    return `${seconds}.${millisecond < 100 ? zeros : ''}${millisecond}Z`;
  }
}

function hasMarks(text: string, hasMilliseconds: boolean): boolean {
  return (
    text.charCodeAt(4) === DASH &&
    text.charCodeAt(7) === DASH &&
    text.charCodeAt(10) === LETTER_T &&
    text.charCodeAt(13) === COLON &&
    text.charCodeAt(16) === COLON &&
    text.charCodeAt(text.length - 1) === LETTER_Z &&
    (!hasMilliseconds || text.charCodeAt(19) === POINT)
  );
}

function isDate(year: number, month: number, day: number): boolean {
  if (!(year >= FIRST_YEAR) || !(month >= 1 && month <= 12)) return false;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = month === 2 && isLeap ? 29 : (DAYS[month - 1] ?? 0);
  return day >= 1 && day <= days;
}

function two(text: string, at: number): number {
  return 10 * digit(text, at) + digit(text, at + 1);
}

/** NaN for what is not a digit. */
function digit(text: string, at: number): number {
  const value = text.charCodeAt(at) - ZERO;
  return value >= 0 && value <= 9 ? value : Number.NaN;
}
