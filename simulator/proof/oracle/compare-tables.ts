/** The tables of Azure SQL hold what the event hubs got, every average once per revision. */
import { Problems, type Comparison } from './comparison.ts';
import type { ExpectedAnomaly } from './expected-anomalies.ts';
import type { ObservedAverage, ObservedTables } from './observed.ts';

/** What the jobs sent to their event hubs, repeats included. */
export interface SentToHubs {
  readonly averages: readonly ObservedAverage[];
  readonly alerts: readonly ExpectedAnomaly[];
}

/** Compares the tables with the event hubs: the same jobs write both. */
export function compareTables(sent: SentToHubs, tables: ObservedTables): Comparison {
  const problems = new Problems();
  const averages = new Map(sent.averages.map((average) => [keyOf(average), average]));
  const alerts = new Set(sent.alerts.map(anomalyKey));
  const expected = averages.size + alerts.size;
  const seen = new Set<string>();
  for (const row of tables.averages) {
    const key = keyOf(row);
    const event = averages.get(key);
    if (seen.has(key)) problems.add(`the table has average ${key} twice`);
    else if (event === undefined) problems.add(`no event is average ${key} of the table`);
    else if (!isEqual(event, row)) problems.add(`average ${key} differs in the table`);
    seen.add(key);
  }
  for (const key of averages.keys()) {
    if (!seen.has(key)) problems.add(`the table lacks average ${key}`);
  }
  const anomalies = new Set(tables.anomalies.map(anomalyKey));
  for (const key of alerts) if (!anomalies.has(key)) problems.add(`the table lacks anomaly ${key}`);
  for (const key of anomalies) {
    if (!alerts.has(key)) problems.add(`no event is anomaly ${key} of the table`);
  }
  const found = tables.averages.length + anomalies.size;
  return { what: 'tables', expected, found, problems: problems.list() };
}

function keyOf({ id, windowEndMs, revision }: ObservedAverage): string {
  return `${id} ${new Date(windowEndMs).toISOString()} r${revision}`;
}

function anomalyKey({ id, atMs }: ExpectedAnomaly): string {
  return `${id} ${new Date(atMs).toISOString()}`;
}

function isEqual(one: ObservedAverage, other: ObservedAverage): boolean {
  return (
    one.count === other.count &&
    one.average === other.average &&
    one.minimum === other.minimum &&
    one.maximum === other.maximum
  );
}
