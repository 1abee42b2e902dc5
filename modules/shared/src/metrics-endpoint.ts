import type { ModuleEnvironment } from './env.ts';
import type { Figures } from './figures.ts';
import type { Logger } from './logger.ts';

/** What a module tells Prometheus through. It stays when the module begins a new life. */
export interface MetricsEndpoint {
  /** Where the metrics are. */
  readonly uri: string;
  /** Takes the figures from a life of the module, until the returned function is called. */
  follow(read: () => Figures): () => void;
  /** Notes how long a commit took. */
  committed(seconds: number): void;
}

/**
 * Serves metrics where the environment says so.
 *
 * @throws EdgeError ENVIRONMENT when nobody can listen there
 */
export async function openMetrics(
  environment: ModuleEnvironment,
  log: Logger,
): Promise<MetricsEndpoint | undefined> {
  if (environment.metrics === undefined) return undefined;
  // Loaded when used: the library takes memory.
  const { ModuleMetrics } = await import('./metrics.ts');
  const { serveMetrics } = await import('./metrics-server.ts');
  const metrics = new ModuleMetrics(environment);
  const uri = await serveMetrics(metrics, environment.metrics, log);
  log.info({ uri }, 'metrics are served');
  return {
    uri,
    follow: (read) => metrics.follow(read),
    committed: (seconds) => metrics.committed(seconds),
  };
}
