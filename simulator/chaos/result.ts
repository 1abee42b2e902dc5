/** What a run of faults has to say, and whether it holds. */
import { verdictOf, type Verdict } from '../proof/result.ts';
import type { Stock } from '../proof/take-stock.ts';
import type { FaultRecord } from './fault-runner.ts';

/** All faults of one kind, or all on one target. */
export interface FaultSummary {
  /** The kind, or the target. */
  readonly of: string;
  readonly count: number;
  /** Of modules and edgeHub. */
  readonly kills: number;
  /** Of the kills, those that found messages on their way to or from the target. */
  readonly killsInWork: number;
  /** Faults that work waited for, or that refused a write. */
  readonly felt: number;
  readonly medianRecoveryMs: number;
  readonly longestRecoveryMs: number;
}

/** Ends of write-ahead logs that were replaced. */
export interface TornSummary {
  readonly logs: number;
  /** Behind the last commit of these lay frames of a transaction that had not ended. */
  readonly withOpenFrames: number;
  /** Behind the last commit of these lay anything at all. */
  readonly withTail: number;
}

export interface ChaosFindings extends Stock {
  readonly seed: number;
  /** By kind. */
  readonly faults: readonly FaultSummary[];
  readonly targets: readonly FaultSummary[];
  readonly torn: TornSummary;
  /** Databases that a module set aside as damaged, though only torn ends were made. */
  readonly setAside: readonly string[];
  /** Why a kind of fault was left out. */
  readonly leftOut: readonly string[];
  readonly totalSeconds: number;
  readonly transferSeconds: number;
  readonly readingsPerSecond: number;
  readonly peakMebibytes: Readonly<Record<string, number>>;
}

export type ChaosResult = Verdict & ChaosFindings;

/** Sums up by kind or by target, in alphabetical order. */
export function summarize(records: readonly FaultRecord[], by: 'kind' | 'target'): FaultSummary[] {
  const names = [...new Set(records.map((record) => record[by]))].toSorted();
  return names.map((of) => {
    const own = records.filter((record) => record[by] === of);
    const recoveries = own.map(({ recoveryMs }) => recoveryMs).toSorted((a, b) => a - b);
    return {
      of,
      count: own.length,
      kills: sum(own.map(({ kills }) => kills)),
      killsInWork: sum(own.map(({ killsInWork }) => killsInWork)),
      felt: own.filter(({ wasFelt }) => wasFelt).length,
      medianRecoveryMs: Math.round(recoveries[Math.floor(recoveries.length / 2)] ?? 0),
      longestRecoveryMs: Math.round(recoveries.at(-1) ?? 0),
    };
  });
}

/** What the tears found. */
export function summarizeTears(records: readonly FaultRecord[]): TornSummary {
  const ends = records.flatMap(({ tornEnds }) => tornEnds);
  return {
    logs: ends.length,
    withOpenFrames: ends.filter(({ openFrames }) => openFrames > 0).length,
    withTail: ends.filter(({ bytes }) => bytes > 0).length,
  };
}

/** Judges as a proof does; a kind of fault that was never felt proves nothing. */
export function judgeChaos(findings: ChaosFindings): ChaosResult {
  const { faults, redeliveries, torn } = findings;
  const { byEdgeHub, recognisedByModules, inArchive, averages } = redeliveries;
  const unexercised = [
    ...faults.filter(({ felt }) => felt === 0).map(({ of }) => `no ${of} hit any work`),
    ...(torn.logs === 0 ? ['no log was torn'] : []),
    ...(byEdgeHub === 0 ? ['edgeHub delivered nothing again'] : []),
    ...(recognisedByModules + inArchive + averages === 0
      ? ['no repeat was there to be recognised']
      : []),
  ];
  const verdict = verdictOf(findings.reconciliation, unexercised);
  if (findings.setAside.length === 0) return { ...verdict, ...findings };
  const mistaken = findings.setAside.map((path) => `a torn end was taken for damage: ${path}`);
  const reasons = verdict.verdict === 'failed' ? verdict.reasons : [];
  return { ...findings, verdict: 'failed', reasons: [...reasons, ...mistaken] };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
