import type { StatusMessage, SystemStatus } from '../../core/system-status.ts';
import { valueOf } from '../../core/section.ts';
import { backlogOf } from './backlog.ts';

/** Samples kept for rates and curves: five minutes. */
const MAX_SAMPLES = 300;

/** A few counters at one instant. */
export interface Sample {
  readonly atMs: number;
  /** Readings and messages that wait on the gateway. */
  readonly backlog: number;
  /** Messages that IoT Hub has received in all. */
  readonly hubMessages: number;
  /** Messages that edgeHub has received in all. */
  readonly edgeHubMessages: number;
}

/** What the page shows. */
export interface System {
  readonly connected: boolean;
  readonly status: Partial<SystemStatus>;
  readonly samples: readonly Sample[];
}

export const NOTHING_YET: System = { connected: false, status: {}, samples: [] };

/** Follows the server for ever; EventSource reconnects by itself. */
export function followSystem(changed: (system: System) => void): () => void {
  let system = NOTHING_YET;
  const show = (change: Partial<System>) => {
    system = { ...system, ...change };
    changed(system);
  };
  const stream = new EventSource('api/events');
  stream.onerror = () => show({ connected: false });
  stream.onmessage = ({ data }: MessageEvent<string>) => {
    const { atMs, sections }: StatusMessage = JSON.parse(data);
    const status = { ...system.status, ...sections };
    const samples = [...system.samples, sampleOf(status, atMs)].slice(-MAX_SAMPLES);
    show({ connected: true, status, samples });
  };
  return () => stream.close();
}

function sampleOf(status: Partial<SystemStatus>, atMs: number): Sample {
  return {
    atMs,
    backlog: backlogOf(status)?.total ?? 0,
    hubMessages: valueOf(status.azure)?.iotHub.messagesReceived ?? 0,
    edgeHubMessages: valueOf(status.edgeHub)?.received ?? 0,
  };
}
