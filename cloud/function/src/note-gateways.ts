/**
 * Notes which gateways are heard of, from the averages on the hub `hot-path`.
 *
 * A gateway sends averages every few minutes as long as one of its meters does; what is noted is
 * when the hub took the event in, so that a backlog of this app is no sign of life.
 */
import { z } from 'zod';
import type { Services } from './services.ts';

/** A gateway is noted so often at most, milliseconds. */
const NOTE_EVERY_MS = 60_000;
/** Gateways whose last note is remembered in this process. */
const MAX_REMEMBERED = 50_000;

const Average = z.looseObject({ gateway: z.string().min(1).max(256) });

/** When each gateway was noted last, epoch milliseconds. */
export type LastNotes = Map<string, number>;

/**
 * Notes the gateways of a batch of events.
 *
 * @param enqueuedMs when the hub took each event in
 * @throws RestError when storage fails: the batch is then to be delivered again
 */
export async function noteGateways(
  services: Pick<Services, 'settings' | 'index'>,
  events: readonly { readonly event: unknown; readonly enqueuedMs: number }[],
  lastNotes: LastNotes,
): Promise<void> {
  const heard = new Map<string, number>();
  for (const { event, enqueuedMs } of events) {
    for (const gateway of gatewaysOf(event)) {
      heard.set(gateway, Math.max(heard.get(gateway) ?? 0, enqueuedMs));
    }
  }
  if (lastNotes.size > MAX_REMEMBERED) lastNotes.clear();
  for (const [gateway, heardMs] of heard) {
    if (heardMs - (lastNotes.get(gateway) ?? 0) < NOTE_EVERY_MS) continue;
    await services.index.noteHeard(gateway, heardMs, services.settings.pace.silentAfterMs);
    lastNotes.set(gateway, heardMs);
  }
}

/** An event holds one average, an array, or averages line by line; meters without a gateway have none. */
function gatewaysOf(event: unknown): string[] {
  const rows = typeof event === 'string' ? event.split('\n').map(parseLine) : [event].flat();
  return rows.flatMap((row) => {
    const average = Average.safeParse(row);
    return average.success ? [average.data.gateway] : [];
  });
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
