/** What edgeHub's queues say of the messages on their way. */
import type { EdgeHubStatus } from './system-watch.ts';

/** Messages that wait for a module, or are on their way to it. */
export function queuedFor(
  { endpoints }: EdgeHubStatus,
  ...names: readonly [module: string, input?: string]
): number {
  const own = endpoints.filter(({ endpoint }) => {
    const parts = endpoint.split('/');
    return names.every((name) => name !== undefined && parts.includes(name));
  });
  return own.reduce((sum, { queued }) => sum + queued, 0);
}
