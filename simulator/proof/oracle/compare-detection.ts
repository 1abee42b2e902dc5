/** Every injected anomaly that cannot be missed was found; what else was raised is a false alarm. */
import { Problems, type Comparison } from './comparison.ts';
import { injectedAnomalies, type ExpectedAnomaly } from './expected-anomalies.ts';
import type { OutOfOrderPolicy } from './expected-windows.ts';
import type { MeasuredMeter } from './measured.ts';

/** Compares what was raised with what was injected. */
export function compareDetection(
  meters: readonly MeasuredMeter[],
  alerts: readonly ExpectedAnomaly[],
  policy: OutOfOrderPolicy,
): { comparison: Comparison; injected: number; falseAlarms: number } {
  const injected = meters.flatMap((meter) => injectedAnomalies(meter, policy));
  const raised = new Set(alerts.map(nameOf));
  const problems = new Problems();
  const certain = injected.filter(({ isCertain }) => isCertain);
  const missed = certain.filter((anomaly) => !raised.has(nameOf(anomaly)));
  for (const anomaly of missed) problems.add(`injected anomaly ${nameOf(anomaly)} was not found`);
  for (const anomaly of injected) raised.delete(nameOf(anomaly));
  return {
    comparison: {
      what: 'detection',
      expected: certain.length,
      found: certain.length - missed.length,
      problems: problems.list(),
    },
    injected: injected.length,
    falseAlarms: raised.size,
  };
}

function nameOf({ id, atMs }: ExpectedAnomaly): string {
  return `${id} ${new Date(atMs).toISOString()}`;
}
