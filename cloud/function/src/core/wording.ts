/** How a mail says temperatures, instants and scores, and how it shows text it did not write. */

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** Beyond this a temperature is written with a power of ten. */
const PLAIN_DEGREES = 1e6;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** `91.4 °F`. */
export function temperature(degreesFahrenheit: number): string {
  return `${degrees(degreesFahrenheit)} °F`;
}

/** `91.4`, without its unit. */
export function degrees(degreesFahrenheit: number): string {
  return Math.abs(degreesFahrenheit) < PLAIN_DEGREES
    ? degreesFahrenheit.toFixed(1)
    : degreesFahrenheit.toExponential(1);
}

/** `+21.2 °F` or `−8.0 °F`. */
export function difference(degreesFahrenheit: number): string {
  const sign = degreesFahrenheit < 0 ? '−' : '+';
  return `${sign}${temperature(Math.abs(degreesFahrenheit))}`;
}

/** What a value is compared with, as a phrase. */
export function comparisonOf(compared: {
  readonly temp: number;
  readonly usual: number | null;
}): string {
  const { temp, usual } = compared;
  if (usual === null) return 'what is usual was not reported';
  return `${difference(temp - usual)} from the usual ${temperature(usual)}`;
}

/** `22 Nov 18:05 UTC` from an ISO instant in UTC. */
export function shortInstant(iso: string): string {
  return `${day(iso)} ${iso.slice(11, 16)} UTC`;
}

/** `22 Nov 2026, 18:05:30 UTC` from an ISO instant in UTC. */
export function fullInstant(iso: string): string {
  return `${day(iso)} ${iso.slice(0, 4)}, ${clockTime(iso)} UTC`;
}

/** `18:05:30` from an ISO instant in UTC. */
export function clockTime(iso: string): string {
  return iso.slice(11, 19);
}

function day(iso: string): string {
  return `${Number(iso.slice(8, 10))} ${MONTHS[Number(iso.slice(5, 7)) - 1] ?? '?'}`;
}

/** `22 Nov 18:05:30` from an ISO instant in UTC. */
export function dayAndTime(iso: string): string {
  return `${day(iso)} ${clockTime(iso)}`;
}

/** `45 s`, `12 min`, `4 h 10 min`, `3 d 2 h`: two units at most, rounded down. */
export function duration(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  const days = Math.floor(ms / DAY_MS);
  const hours = Math.floor((ms % DAY_MS) / HOUR_MS);
  const minutes = Math.floor((ms % HOUR_MS) / MINUTE_MS);
  if (days > 0) return hours === 0 ? `${days} d` : `${days} d ${hours} h`;
  if (hours > 0) return minutes === 0 ? `${hours} h` : `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min` : `${Math.floor(ms / 1_000)} s`;
}

/** `1 anomaly`, `1,200 anomalies`. */
export function counted(count: number, one: string, many: string): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}

/** What a p-value means, as a phrase. */
export function oddsPhrase(score: number): string {
  if (score > 0.1) return 'values this far out are common';
  return `by chance about one value in ${roundOdds(score)} lies this far out`;
}

function roundOdds(score: number): string {
  if (score < 1e-9) return 'more than a billion';
  const odds = 1 / score;
  const magnitude = 10 ** Math.floor(Math.log10(odds) + 1e-9);
  return Math.round(Math.round(odds / magnitude) * magnitude).toLocaleString('en-US');
}

/** The p-value in digits: `0.00012` or `3.1e-8`. */
export function scoreDigits(score: number): string {
  return String(Number(score.toPrecision(2)));
}

/**
 * Foreign text as it may be shown: control, line-breaking and direction-changing characters, which
 * could end a header line or turn the text around, become U+FFFD.
 */
export function visible(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Surrogate}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    '\ufffd',
  );
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for HTML, in elements and in quoted attributes. */
export function escapeHtml(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
