import { DATABASE_FILE, PARQUET_FOLDER, type ColdPathResult } from './run-cold-path.ts';

/** What a run did, for people. */
export function coldPathSummary(result: ColdPathResult): string {
  const { rejectsByReason, sizes, deviceSummary } = result;
  const number = (count: number) => count.toLocaleString('en-US').padStart(12);
  const lines = [
    `Archive: ${result.archive}`,
    `${result.files} files, of which ${result.takenIn} were new or had changed`,
    '',
    `${number(result.records)}  records read`,
    `${number(result.repeats)}  repeats removed`,
    `${number(sizes.get('rejects') ?? 0)}  rejected`,
    ...[...rejectsByReason].map(([reason, count]) => `${number(count)}    ${reason}`),
    `${number(sizes.get('readings') ?? 0)}  readings`,
    '',
    'Tables',
    ...[...sizes].map(([table, rows]) => `${number(rows)}  ${table}`),
    '',
    `device_summary${moreThanShown(result)}`,
    `  ${'id'.padEnd(24)}${'count'.padStart(12)}${'average'.padStart(12)} °F`,
    ...deviceSummary.map(
      ({ id, count, average }) =>
        `  ${printable(id).padEnd(24)}${number(count)}${average.toFixed(2).padStart(12)}`,
    ),
    '',
    `${result.folder}: ${DATABASE_FILE}, ${PARQUET_FOLDER}/*.parquet (${result.seconds.toFixed(1)} s)`,
  ];
  return lines.join('\n');
}

function moreThanShown({ sizes, deviceSummary }: ColdPathResult): string {
  const meters = sizes.get('device_summary') ?? 0;
  return meters > deviceSummary.length ? `, ${deviceSummary.length} of ${meters} meters` : '';
}

/** Names come from messages: nothing in them may steer a terminal. */
function printable(text: string): string {
  return text.replaceAll(/\p{C}/gu, '·');
}
