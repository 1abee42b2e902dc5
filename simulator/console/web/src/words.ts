/** Numbers and instants as people read them. */
const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });
const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

/** 12,345 */
export function formatCount(count: number): string {
  return whole.format(count);
}

/** Two digits at most after the point, fewer for large numbers. */
export function formatRate(perSecond: number): string {
  return `${perSecond < 10 ? perSecond.toFixed(1) : whole.format(perSecond)}/s`;
}

/** 18:05:10, in the reader's time zone. */
export function formatTime(atMs: number): string {
  return clock.format(atMs);
}

/** 70.4°, whatever the number is. */
export function formatTemp(temp: number): string {
  return `${Math.abs(temp) < 100_000 ? temp.toFixed(1) : temp.toExponential(1)}°`;
}

/** Bytes in kB or MB. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000
    ? `${(bytes / 1_000).toFixed(1)} kB`
    : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
