/** What waits in edge-hub, from its own metrics. */

const LINE = /^edgehub_queue_length\{(.*)\} (\d+)$/gm;

/** Messages by endpoint, all priorities together. */
export async function queueLengths(metricsUri: string): Promise<ReadonlyMap<string, number>> {
  const response = await fetch(metricsUri);
  const lengths = new Map<string, number>();
  for (const [, labels = '', value] of (await response.text()).matchAll(LINE)) {
    const endpoint = /endpoint="([^"]*)"/.exec(labels)?.[1] ?? '';
    lengths.set(endpoint, (lengths.get(endpoint) ?? 0) + Number(value));
  }
  return lengths;
}

/** The longest queue of readings that a module has yet to take in. */
export function longestReadings(lengths: ReadonlyMap<string, number>): number {
  const waiting = [...lengths].filter(([endpoint]) => /\/(?:readings|telemetry)$/.test(endpoint));
  return Math.max(0, ...waiting.map(([, queued]) => queued));
}
