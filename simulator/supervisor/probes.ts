import { setTimeout as delay } from 'node:timers/promises';

const PROBE_INTERVAL_MS = 50;

/** Resolves when somebody answers HTTP on the port, with whatever status; rejects when aborted. */
export async function answersHttp(port: number, path: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const answered = await fetch(`http://127.0.0.1:${port}${path}`, { signal }).then(
      (response) => response.body?.cancel().then(() => true) ?? true,
      () => false,
    );
    if (answered) return;
    await delay(PROBE_INTERVAL_MS, undefined, { signal });
  }
}
