/** What a proof has to say, and whether it holds. */
import type { Faults } from './faults.ts';
import type { Reconciliation } from './oracle/reconcile.ts';

/** Where repeated deliveries were seen; each was recognised, or it would be counted twice. */
export interface Redeliveries {
  /** Messages that edgeHub delivered again after a module had gone. */
  readonly byEdgeHub: number;
  /** Readings and results that a module recognised as repeats. */
  readonly recognisedByModules: number;
  /** Archive rows beyond one for each reading. */
  readonly inArchive: number;
  /** Averages on the hub beyond one for each window, revisions included. */
  readonly averages: number;
}

export interface Verdict {
  readonly verdict: 'passed' | 'failed' | 'not exercised';
  /** Why the verdict is not `passed`. */
  readonly reasons: readonly string[];
}

export interface ProofResult extends Verdict {
  readonly readings: number;
  readonly meters: number;
  /** Of them, those in the module meter-simulator. */
  readonly virtualMeters: number;
  readonly faults: Faults;
  readonly redeliveries: Redeliveries;
  readonly reconciliation: Reconciliation;
  /** From the first phase of the start to the end. */
  readonly totalSeconds: number;
  /** From the first reading sent to the last movement, cut and kills included. */
  readonly transferSeconds: number;
  readonly readingsPerSecond: number;
  /** Peak resident memory by process, mebibytes. */
  readonly peakMebibytes: Readonly<Record<string, number>>;
}

/** A result before it is judged. */
export type Findings = Omit<ProofResult, keyof Verdict>;

/** Judges: what does not agree has failed; what agrees without having been put to the test proves nothing. */
export function judge(findings: Findings): ProofResult {
  const { reconciliation } = findings;
  const verdict = verdictOf(reconciliation, unexercised(findings));
  if (reconciliation.repeatedMails === 0) return { ...verdict, ...findings };
  const repeated = `mails: ${reconciliation.repeatedMails} came again`;
  const reasons = verdict.verdict === 'failed' ? verdict.reasons : [];
  return { ...findings, verdict: 'failed', reasons: [...reasons, repeated] };
}

/** @param unexercised what was not put to the test */
export function verdictOf(
  { comparisons }: Reconciliation,
  unexercised: readonly string[],
): Verdict {
  const failures = comparisons.flatMap(({ what, problems }) =>
    problems.map((problem) => `${what}: ${problem}`),
  );
  if (failures.length > 0) return { verdict: 'failed', reasons: failures };
  const verdict = unexercised.length > 0 ? 'not exercised' : 'passed';
  return { verdict, reasons: unexercised };
}

function unexercised({ faults, redeliveries, readings }: Findings): string[] {
  const idle = faults.kills.filter(({ inFlightMessages }) => inFlightMessages === 0);
  const { recognisedByModules, inArchive, averages } = redeliveries;
  return [
    ...idle.map(({ module }) => `nothing was in flight at ${module} when it was killed`),
    ...(recognisedByModules + inArchive + averages === 0
      ? ['no redelivery was there to be recognised']
      : []),
    ...(faults.backlogReadings * 10 < readings
      ? [`only ${faults.backlogReadings} readings were backlog when the link was mended`]
      : []),
  ];
}
