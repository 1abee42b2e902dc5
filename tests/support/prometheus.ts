/** Prometheus' text format, as far as tests read it. */

/** Type of each metric by name. */
export function metricTypes(text: string): Map<string, string> {
  const types = text.matchAll(/^# TYPE (\w+) (\w+)$/gm);
  return new Map([...types].map(([, name = '', type = '']) => [name, type]));
}

/** Value of each metric by name, labels left out; of several with one name, the last. */
export function metricValues(text: string): Map<string, number> {
  const lines = text.matchAll(/^(\w+)\{[^}]*\} (\S+)$/gm);
  return new Map([...lines].map(([, name = '', value]) => [name, Number(value)]));
}
