/** Reads edgeHub's metrics, by the HTTP client that is in memory anyway: `fetch` would take megabytes more. */
import { get as httpGet } from 'node:http';
import { get as httpsGet } from 'node:https';
import { text } from 'node:stream/consumers';

const PATIENCE_MS = 2_000;

/** Reads edgeHub's metrics as Prometheus text. */
export type ReadMetrics = () => Promise<string>;

/** The metrics at an address, read anew each time. @throws Error without a whole answer in time, or with a bad one */
export function metricsAt(uri: string, patienceMs = PATIENCE_MS): ReadMetrics {
  const get = uri.startsWith('https:') ? httpsGet : httpGet;
  return () =>
    new Promise((resolve, reject) => {
      const request = get(uri, { signal: AbortSignal.timeout(patienceMs) }, (response) => {
        if (response.statusCode === 200) {
          text(response).then(resolve, reject);
          return;
        }
        response.resume();
        reject(new Error(`${uri} answered ${response.statusCode}`));
      });
      // To its end: a request can also fail after the answer began.
      request.on('error', reject);
    });
}
