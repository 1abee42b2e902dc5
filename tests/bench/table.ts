/** The one table that `npm run bench` prints. */

/** One figure, or two where both windows are measured. */
export interface Row {
  readonly section: string;
  readonly what: string;
  /** With one unacknowledged message for each module, as the real edgeHub has it; else the only figure. */
  readonly faithful: string;
  /** With the local edge-hub's wide window. */
  readonly wide?: string;
  readonly aim?: string;
  /** Whether the aim was reached; absent without an aim. */
  readonly isMet?: boolean;
}

const HEADINGS = ['', 'one unacknowledged', 'wide window', 'aim', ''];

/** Whole numbers with thousands separated. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/** The rows as text, under the headings of their sections. */
export function formatTable(rows: readonly Row[]): string {
  const lines = rows.map(({ what, faithful, wide = '', aim = '', isMet }) => {
    const verdict = isMet === undefined ? '' : isMet ? 'met' : 'missed';
    return [`  ${what}`, faithful, wide, aim, verdict];
  });
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...lines.map((cells) => cells[column]?.length ?? 0)),
  );
  const format = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('   ')
      .trimEnd();
  let section = '';
  return [
    format(HEADINGS),
    ...lines.flatMap((cells, index) => {
      const title = rows[index]?.section ?? '';
      const opens = title !== section;
      section = title;
      return opens ? ['', title, format(cells)] : [format(cells)];
    }),
  ].join('\n');
}
