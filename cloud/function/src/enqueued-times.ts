/** When the event hub took in the events of a batch, from what the Functions runtime says of them. */
import { z } from 'zod';

// The library renames the runtime's EnqueuedTimeUtcArray.
const Metadata = z.looseObject({ enqueuedTimeUtcArray: z.array(z.coerce.date()) });

/** One instant per event, epoch milliseconds; `nowMs` for events of which nothing is said. */
export function enqueuedTimes(metadata: unknown, events: number, nowMs: number): number[] {
  const parsed = Metadata.safeParse(metadata);
  const known = parsed.success ? parsed.data.enqueuedTimeUtcArray : [];
  return Array.from({ length: events }, (_, index) => known[index]?.getTime() ?? nowMs);
}
