import { useState } from 'preact/hooks';
import type { SystemStatus } from '../../../core/system-status.ts';
import { getJson } from '../api.ts';
import { ActionButton } from '../look/action-button.tsx';
import { Card } from '../look/card.tsx';
import { Facts } from '../look/facts.tsx';
import { SectionView } from '../look/section-view.tsx';
import { formatCount } from '../words.ts';

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
  const [events, setEvents] = useState<readonly unknown[]>();
  const look = async () => {
    const answer = await getJson<unknown>(`api/event-hubs/peek?hub=${encodeURIComponent(hub)}`);
    setEvents(listIn(answer));
  };
  return (
    <>
      <div class="buttons">
        <ActionButton act={look} label={`Peek into ${hub}`}>
          {events === undefined ? 'Peek' : 'Peek again'}
        </ActionButton>
      </div>
      {events?.length === 0 ? <p class="muted">No events yet.</p> : null}
      {(events ?? []).map((event, index) => (
        <pre key={index} class="event">
          {JSON.stringify(event, null, 1)}
        </pre>
      ))}
    </>
  );
}

function listIn(answer: unknown): readonly unknown[] {
  if (Array.isArray(answer)) return answer;
  const isWrapped = typeof answer === 'object' && answer !== null && 'events' in answer;
  return isWrapped && Array.isArray(answer.events) ? answer.events : [answer];
}
