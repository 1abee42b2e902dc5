/** Text for people: tables, sizes, ages, and colours where a terminal shows them. */

/** Puts emphasis on text; without colours it does nothing. */
export interface Paint {
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
}

/** Source: ECMA-48, SGR. */
const colour = (code: number) => (text: string) => `\u001B[${code}m${text}\u001B[0m`;
const plain = (text: string) => text;

export const PLAIN: Paint = { strong: plain, faint: plain, good: plain, bad: plain };
export const COLOURED: Paint = {
  strong: colour(1),
  faint: colour(2),
  good: colour(32),
  bad: colour(31),
};

const NUMBER = /^[\d,.]+( [KMG]?i?B| %)?$|^$|^–$/;

/** Rows below headings, columns of numbers to the right; indented by two. */
export function tableLines(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  paint: Paint,
): string[] {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const isNumeric = headings.map((_, column) =>
    rows.every((row) => NUMBER.test(row[column] ?? '')),
  );
  const line = (cells: readonly string[]) =>
    `  ${cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return isNumeric[column] === true ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')}`.trimEnd();
  return [paint.faint(line(headings)), ...rows.map(line)];
}

/** A count with separators. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB'];

/** Bytes in the largest unit that leaves a whole number. */
export function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1_024 && unit < UNITS.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

/** An instant to the second, UTC. */
export function instant(atMs: number | undefined): string {
  if (atMs === undefined || Number.isNaN(new Date(atMs).getTime())) return '–';
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`;
}

/** How long ago, in the two largest units. */
export function age(ms: number | undefined): string {
  if (ms === undefined) return '–';
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  if (seconds < 86_400) {
    return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
  }
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3_600)} h`;
}

/** Control characters of foreign text could command the terminal: they are shown as dots. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '·');
}
