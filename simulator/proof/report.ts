/** The result of a proof as a table for people. */
import type { Comparison } from './oracle/comparison.ts';
import type { ProofResult } from './result.ts';

const TITLES: Readonly<Record<Comparison['what'], string>> = {
  readings: 'readings in the archive',
  averages: '5-minute averages',
  tables: 'rows in Azure SQL',
  mails: 'anomalies told once',
  detection: 'certain anomalies found',
};

/** Lines of text, for a terminal. */
export function proofReport(result: ProofResult): string {
  return [
    '',
    ...comparisonLines(result),
    '',
    ...faultLines(result),
    '',
    ...repeatLines(result),
    '',
    ...costLines(result),
    '',
    ...verdictLines(result),
  ].join('\n');
}

/** What came out against what was expected. */
export function comparisonLines({ reconciliation }: Pick<ProofResult, 'reconciliation'>): string[] {
  const { comparisons, injected, falseAlarms, falseAlarmsPerMeterMonth } = reconciliation;
  const rows = comparisons.map(({ what, expected, found, problems }) =>
    row(TITLES[what], [number(expected), number(found), problems.length === 0 ? 'agrees' : 'NO']),
  );
  const others = injected === 0 ? 'alerts, none of them injected' : 'other alerts';
  const rate = falseAlarmsPerMeterMonth.toFixed(1);
  return [
    row('', ['expected', 'found', '']),
    ...rows,
    `  ${injected} anomalies were injected; ${falseAlarms} ${others}, ${rate} per meter and month`,
  ];
}

function faultLines({ faults }: ProofResult): string[] {
  const kills = faults.kills.map(
    ({ module, inFlightMessages, downMs }) =>
      `  ${module} killed with ${inFlightMessages} messages in flight, back after ${seconds(downMs)}`,
  );
  const backlog = number(faults.backlogReadings);
  return [...kills, `  link cut for ${seconds(faults.cutMs)}, backlog of ${backlog} readings`];
}

/** Where repeated deliveries were seen. */
export function repeatLines({ redeliveries }: Pick<ProofResult, 'redeliveries'>): string[] {
  const { byEdgeHub, recognisedByModules, inArchive, averages } = redeliveries;
  return [
    `  ${number(byEdgeHub)} messages delivered again by edgeHub: in flight to a module that was killed`,
    `  ${number(recognisedByModules)} repeats recognised by modules: taken in before a kill, and not acknowledged in time`,
    `  ${number(inArchive)} repeated rows in the archive: handed over, but not yet forgotten, at a kill or the cut`,
    `  ${number(averages)} averages issued or sent again, the last revision counts`,
  ];
}

/** Time and memory. */
export function costLines(
  result: Omit<ProofResult, 'faults' | 'reconciliation' | 'redeliveries'>,
): string[] {
  const { readings, transferSeconds, totalSeconds, readingsPerSecond, peakMebibytes } = result;
  const memory = Object.entries(peakMebibytes).map(([name, size]) => `${name} ${size}`);
  return [
    `  ${number(readings)} readings of ${result.meters} meters (${result.virtualMeters} virtual) in ${transferSeconds.toFixed(1)} s, ` +
      `${number(Math.round(readingsPerSecond))} per second; ${totalSeconds.toFixed(1)} s in all`,
    ...(memory.length === 0 ? [] : [`  peak memory, MiB: ${memory.join(', ')}`]),
  ];
}

/** The last word. */
export function verdictLines({
  verdict,
  reasons,
}: Pick<ProofResult, 'verdict' | 'reasons'>): string[] {
  const sentence = {
    passed: 'PASSED: nothing lost, nothing twice, every count agrees.',
    failed: 'FAILED:',
    'not exercised': 'NOT EXERCISED: every count agrees, but the faults proved nothing:',
  }[verdict];
  return [sentence, ...reasons.map((reason) => `  ${reason}`)];
}

function row(title: string, cells: readonly string[]): string {
  return `  ${title.padEnd(26)}${cells.map((cell) => cell.padStart(12)).join('')}`.trimEnd();
}

/** With separators of thousands. */
export function number(value: number): string {
  return value.toLocaleString('en-US');
}

/** Seconds with one decimal. */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(1)} s`;
}
