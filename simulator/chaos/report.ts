/** The result of a run of faults as a table for people. */
import {
  comparisonLines,
  costLines,
  number,
  repeatLines,
  seconds,
  verdictLines,
} from '../proof/report.ts';
import type { ChaosResult, FaultSummary } from './result.ts';

const HEADER = ['', 'faults', 'kills', 'in work', 'felt', 'median back', 'longest'];

/** Lines of text, for a terminal. */
export function chaosReport(result: ChaosResult): string {
  return [
    '',
    ...comparisonLines(result),
    '',
    ...faultLines(result),
    '',
    ...repeatLines(result),
    `  ${number(result.reconciliation.repeatedMails)} mails came again under the same Message-ID, because their receipt came too late`,
    '',
    ...costLines(result),
    `  seed ${result.seed}`,
    '',
    ...verdictLines(result),
  ].join('\n');
}

function faultLines({ faults, targets, torn, leftOut }: ChaosResult): string[] {
  const kills = faults.reduce((sum, fault) => sum + fault.kills, 0);
  const inWork = faults.reduce((sum, fault) => sum + fault.killsInWork, 0);
  return [
    row(HEADER),
    ...faults.map(faultRow),
    '',
    row(HEADER),
    ...targets.map(faultRow),
    '',
    `  ${number(inWork)} of ${number(kills)} kills found work in flight`,
    `  ${number(torn.logs)} write-ahead logs torn behind the last commit; ` +
      `${number(torn.withOpenFrames)} held frames of an unfinished transaction there, ${number(torn.withTail)} anything`,
    ...leftOut.map((reason) => `  left out: ${reason}`),
  ];
}

function faultRow(fault: FaultSummary): string {
  const { of, count, kills, killsInWork, felt } = fault;
  return row([
    of,
    number(count),
    kills === 0 ? '' : number(kills),
    kills === 0 ? '' : number(killsInWork),
    number(felt),
    seconds(fault.medianRecoveryMs),
    seconds(fault.longestRecoveryMs),
  ]);
}

function row([title = '', ...cells]: readonly string[]): string {
  return `  ${title.padEnd(20)}${cells.map((cell) => cell.padStart(12)).join('')}`.trimEnd();
}
