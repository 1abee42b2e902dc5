/** What a run of faults has to say, and whether it holds. */
import { verdictOf, type Verdict } from '../proof/result.ts';
import type { Stock } from '../proof/take-stock.ts';
import type { FaultKind } from './core/fault-plan.ts';
import type { FaultRecord } from './fault-runner.ts';

/** All faults of one kind. */
export interface FaultSummary {
  readonly kind: FaultKind;
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
  readonly faults: readonly FaultSummary[];
  readonly torn: TornSummary;
  /** Why a kind of fault was left out. */
  readonly leftOut: readonly string[];
  readonly totalSeconds: number;
  readonly transferSeconds: number;
  readonly readingsPerSecond: number;
  readonly peakMebibytes: Readonly<Record<string, number>>;
}

export type ChaosResult = Verdict & ChaosFindings;

/** Sums up by kind, in order of first appearance. */
export function summarize(records: readonly FaultRecord[]): FaultSummary[] {
  const kinds = [...new Set(records.map(({ kind }) => kind))].toSorted();
  return kinds.map((kind) => {
    const own = records.filter((record) => record.kind === kind);
    const recoveries = own.map(({ recoveryMs }) => recoveryMs).toSorted((a, b) => a - b);
    return {
      kind,
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
  const { byEdgeHub, recognisedByModules } = redeliveries;
  const unexercised = [
    ...faults.filter(({ felt }) => felt === 0).map(({ kind }) => `no ${kind} hit any work`),
    ...(torn.logs === 0 ? ['no log was torn'] : []),
    ...(byEdgeHub === 0 ? ['edgeHub delivered nothing again'] : []),
    ...(recognisedByModules === 0 ? ['no repeat was there to be recognised'] : []),
  ];
  return { ...verdictOf(findings.reconciliation, unexercised), ...findings };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
