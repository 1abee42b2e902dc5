/** Every incident has one mail, and every mail an incident. */
import { Problems, type Comparison } from './comparison.ts';
import { expectedIncidents, type ExpectedAnomaly } from './expected-anomalies.ts';

/**
 * Compares mails with the incidents that the expected anomalies make.
 *
 * @param mails the `X-Incident` of every mail
 */
export function compareIncidents(
  anomalies: readonly ExpectedAnomaly[],
  mails: readonly string[],
): Comparison {
  const incidents = expectedIncidents(anomalies);
  const left = new Map<string, number>();
  for (const mail of mails) left.set(mail, (left.get(mail) ?? 0) + 1);
  const problems = new Problems();
  for (const { id, startMs } of incidents) {
    const name = `${encodeURIComponent(id)}/${new Date(startMs).toISOString()}`;
    const count = left.get(name) ?? 0;
    if (count === 0) problems.add(`incident ${name} has no mail`);
    if (count > 1) problems.add(`incident ${name} has ${count} mails`);
    left.delete(name);
  }
  for (const name of left.keys()) problems.add(`the mail about ${name} has no incident`);
  return {
    what: 'incidents',
    expected: incidents.length,
    found: mails.length,
    problems: problems.list(),
  };
}
