/** The plain-text body of an incident's mail. */
import type { IncidentSummary, SampleRow } from './incident-summary.ts';

/** Characters of the longest bar. */
const BAR_LENGTH = 30;

/** Writes the summary as lines of text; `footer` lines come last. */
export function mailText(summary: IncidentSummary, footer: readonly string[]): string {
  return [
    `${summary.headline}: ${summary.value}`,
    summary.comparison,
    '',
    ...summary.facts.map(({ label, value }) => `${`${label}:`.padEnd(13)}${value}`),
    ...anomalyLines(summary),
    '',
    `${summary.samplesTitle}:`,
    ...summary.samples.map(sampleLine),
    '',
    ...footer,
    '',
  ].join('\n');
}

function anomalyLines({ anomalies, unlistedAnomalies }: IncidentSummary): string[] {
  if (anomalies.length === 0) return [];
  const more = unlistedAnomalies === 0 ? [] : [`  and ${unlistedAnomalies} more`];
  return [
    '',
    'All anomalies of this incident, UTC:',
    ...anomalies.map(({ label, value }) => `  ${label}  ${value}`),
    ...more,
  ];
}

function sampleLine({ time, temp, barPercent, direction }: SampleRow): string {
  const bar = '#'.repeat(Math.max(1, Math.round((BAR_LENGTH * barPercent) / 100)));
  return `  ${time}  ${temp.padStart(9)}  ${bar}${direction === null ? '' : `  <- ${direction}`}`;
}
