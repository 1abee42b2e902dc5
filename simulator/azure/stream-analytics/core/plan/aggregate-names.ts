/** Functions that make one value of many. */
export type AggregateName = 'AVG' | 'SUM' | 'MIN' | 'MAX' | 'COUNT';

const NAMES: ReadonlySet<string> = new Set(['AVG', 'SUM', 'MIN', 'MAX', 'COUNT']);

/** Whether an upper-case name is that of an aggregate. */
export function isAggregate(name: string): name is AggregateName {
  return NAMES.has(name);
}
