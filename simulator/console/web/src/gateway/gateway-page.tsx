import { valueOf } from '../../../core/section.ts';
import { backlogOf } from '../backlog.ts';
import { Card } from '../look/card.tsx';
import { Facts } from '../look/facts.tsx';
import { SectionView } from '../look/section-view.tsx';
import { Sparkline } from '../look/sparkline.tsx';
import { Table } from '../look/table.tsx';
import { ratePerSecond } from '../rate.ts';
import type { Sample, System } from '../system.ts';
import { formatBytes, formatCount, formatRate, formatTime } from '../words.ts';
import { LinkButton } from './link-button.tsx';
import { ModulesCard } from './modules-card.tsx';

/** A route without a priority has the lowest there is. */
const DEFAULT_PRIORITY = 2_000_000_000;

/** The IoT Edge gateway: its link, its modules, what edgeHub holds. */
export function GatewayPage({ system }: { readonly system: System }) {
  const { status } = system;
  return (
    <div class="grid two">
      <LinkCard system={system} />
      <ThroughputCard samples={system.samples} />
      <ModulesCard status={status} />
      <Card title="edgeHub queues" kind="wide">
        <SectionView section={status.edgeHub}>
          {({ endpoints }) => (
            <Table
              label="Queues of edgeHub"
              columns={['Endpoint', 'Priority', 'Queued']}
              rows={endpoints.map(({ endpoint, priority, queued }) => [
                endpoint,
                priority < DEFAULT_PRIORITY ? priority : 'default',
                formatCount(queued),
              ])}
              empty="No routes yet."
            />
          )}
        </SectionView>
      </Card>
      <Card title="Clients of edgeHub" kind="wide">
        <SectionView section={status.edgeHub}>
          {({ clients }) => (
            <ul class="chips">
              {clients.map(({ id, connected }) => (
                <li key={id} class={`pill ${connected ? 'good' : ''}`}>
                  {id}
                  <span class="muted">{connected ? '' : ' offline'}</span>
                </li>
              ))}
            </ul>
          )}
        </SectionView>
      </Card>
    </div>
  );
}

function LinkCard({ system: { status, samples } }: { readonly system: System }) {
  const backlog = backlogOf(status);
  const store = valueOf(status.modules)?.['store-and-forward'];
  const bytes = store?.['outboxBytes'];
  return (
    <Card title="Link to the cloud" aside={<LinkButton link={valueOf(status.link)} />}>
      <SectionView section={status.link}>
        {({ up, sinceMs }) => (
          <p class={`link-state ${up ? 'up' : 'cut'}`}>
            {up
              ? 'Up: readings go to the cloud as they come.'
              : `Cut since ${formatTime(sinceMs)}: readings wait on the gateway.`}
          </p>
        )}
      </SectionView>
      <Facts
        facts={[
          ['Readings in store-and-forward', formatCount(backlog?.readings ?? 0)],
          ['Messages in its outbox', formatCount(backlog?.outbox ?? 0)],
          ['Messages in edgeHub', formatCount(backlog?.handedOver ?? 0)],
          ['On disk', typeof bytes === 'number' ? formatBytes(bytes) : '–'],
        ]}
      />
      <Sparkline
        label="Backlog over the last minutes"
        values={samples.map(({ backlog: total }) => total)}
      />
    </Card>
  );
}

function ThroughputCard({ samples }: { readonly samples: readonly Sample[] }) {
  const hub = samples.map(({ atMs, hubMessages: count }) => ({ atMs, count }));
  const edgeHub = samples.map(({ atMs, edgeHubMessages: count }) => ({ atMs, count }));
  const rates = edgeHub.map((_, index) => ratePerSecond(edgeHub.slice(0, index + 1).slice(-12)));
  return (
    <Card title="Throughput">
      <Facts
        facts={[
          ['Into edgeHub', formatRate(ratePerSecond(edgeHub))],
          ['Into IoT Hub', formatRate(ratePerSecond(hub))],
          ['Received by IoT Hub', formatCount(hub.at(-1)?.count ?? 0)],
        ]}
      />
      <Sparkline label="Messages per second into edgeHub" values={rates} />
    </Card>
  );
}
