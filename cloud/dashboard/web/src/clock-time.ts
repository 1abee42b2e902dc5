const hourAndMinute = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const withSeconds = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const withDate = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});

/** For example 18:05, in the reader's time zone. */
export function formatMinute(atMs: number): string {
  return hourAndMinute.format(atMs);
}

/** Time of day with seconds; with the date instead when it is not within a day of `nowMs`. */
export function formatInstant(atMs: number, nowMs: number): string {
  const near = Math.abs(nowMs - atMs) < 20 * 3_600_000;
  return (near ? withSeconds : withDate).format(atMs);
}
