/** Times from a reading's departure to the arrival of what came of it. */
import type { LatencyResult } from './jobs.ts';
import { meterId } from './load-readings.ts';

interface Identity {
  readonly id: string;
  readonly seq?: number;
}

export class LatencyWatch {
  readonly #readingsSent = new Map<string, number>();
  readonly #anomaliesSent = new Map<string, number>();
  readonly #readings: number[] = [];
  readonly #anomalies: number[] = [];

  /** Notes a reading as it goes in. */
  sent(meter: number, seq: number, isSpike: boolean): void {
    const key = keyOf({ id: meterId(meter), seq });
    const atMs = performance.now();
    this.#readingsSent.set(key, atMs);
    if (isSpike) this.#anomaliesSent.set(key, atMs);
  }

  /** Notes what came up: readings, or an anomaly. */
  arrived(kind: string, body: string): void {
    if (kind === 'anomaly') this.#note(body, this.#anomaliesSent, this.#anomalies);
    if (kind === 'telemetry') this.#note(body, this.#readingsSent, this.#readings);
  }

  get isComplete(): boolean {
    return this.#readingsSent.size === 0 && this.#anomaliesSent.size === 0;
  }

  /** Ascending. */
  get result(): LatencyResult {
    return {
      readings: this.#readings.toSorted((a, b) => a - b),
      anomalies: this.#anomalies.toSorted((a, b) => a - b),
    };
  }

  #note(body: string, sent: Map<string, number>, latencies: number[]): void {
    const atMs = performance.now();
    const parsed = JSON.parse(body) as Identity | Identity[];
    for (const entry of Array.isArray(parsed) ? parsed : [parsed]) {
      const key = keyOf(entry);
      const sentMs = sent.get(key);
      if (sentMs === undefined) continue;
      sent.delete(key);
      latencies.push(atMs - sentMs);
    }
  }
}

function keyOf({ id, seq }: Identity): string {
  return `${id} ${seq}`;
}
