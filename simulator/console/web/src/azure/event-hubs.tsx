import { useState } from 'preact/hooks';
import type { SystemStatus } from '../../../core/system-status.ts';
import { getJson } from '../api.ts';
import { ActionButton } from '../look/action-button.tsx';
import { Card } from '../look/card.tsx';
import { Facts } from '../look/facts.tsx';
import { SectionView } from '../look/section-view.tsx';
import { formatCount, formatTime } from '../words.ts';

interface PeekedEvent {
  readonly partitionId: string;
  readonly sequenceNumber: number;
  readonly enqueuedMs: number;
  readonly body: unknown;
  readonly properties: unknown;
  readonly systemProperties: unknown;
}

/** The event hubs, with a look at their latest events. */
export function EventHubs({ status }: { readonly status: Partial<SystemStatus> }) {
  return (
    <SectionView section={status.azure}>
      {({ eventHubs }) => (
        <>
          {eventHubs.map(({ name, partitions, consumerGroups }) => (
            <Card key={name} title={name}>
              <Facts
                facts={[
                  ['Consumer groups', consumerGroups.join(', ')],
                  [
                    'Last sequence number by partition',
                    partitions
                      .map(
                        ({ id, lastSequenceNumber }) => `${id}: ${formatCount(lastSequenceNumber)}`,
                      )
                      .join('   '),
                  ],
                ]}
              />
              <Peek hub={name} />
            </Card>
          ))}
        </>
      )}
    </SectionView>
  );
}

function Peek({ hub }: { readonly hub: string }) {
  const [events, setEvents] = useState<readonly PeekedEvent[]>();
  const look = async () => {
    const path = `api/event-hubs/peek?hub=${encodeURIComponent(hub)}`;
    setEvents((await getJson<{ events: readonly PeekedEvent[] }>(path)).events);
  };
  return (
    <>
      <div class="buttons">
        <ActionButton act={look} label={`Peek into ${hub}`}>
          {events === undefined ? 'Peek' : 'Peek again'}
        </ActionButton>
      </div>
      {events?.length === 0 ? <p class="muted">No events yet.</p> : null}
      {(events ?? []).map((event) => (
        <PeekedEventView key={`${event.partitionId} ${event.sequenceNumber}`} event={event} />
      ))}
    </>
  );
}

function PeekedEventView({ event }: { readonly event: PeekedEvent }) {
  const { partitionId, sequenceNumber, enqueuedMs, body, properties, systemProperties } = event;
  return (
    <details class="event">
      <summary>
        <span class="muted">
          {formatTime(enqueuedMs)} · partition {partitionId} · {sequenceNumber}
        </span>
        <code>{JSON.stringify(body)}</code>
      </summary>
      <pre>{JSON.stringify({ body, properties, systemProperties }, null, 2)}</pre>
    </details>
  );
}
