import { valueOf } from '../../../core/section.ts';
import type { SystemStatus } from '../../../core/system-status.ts';
import type { ModuleCounters } from '../../../server/status-schemas.ts';
import { postJson } from '../api.ts';
import { ActionButton } from '../look/action-button.tsx';
import { Card } from '../look/card.tsx';
import { SectionView } from '../look/section-view.tsx';
import { Table } from '../look/table.tsx';
import { formatCount, formatTime } from '../words.ts';

const COLUMNS = [
  'Module',
  'State',
  'Pid',
  'Restarts',
  'Since',
  'Received',
  'Sent',
  'Outbox',
  'Metrics',
  '',
];

/** The modules as edgeAgent runs them, with their own counters. */
export function ModulesCard({ status }: { readonly status: Partial<SystemStatus> }) {
  const counters = valueOf(status.modules) ?? {};
  return (
    <Card title="Modules" kind="wide">
      <SectionView section={status.edgeAgent}>
        {({ modules }) => (
          <Table
            label="Modules"
            columns={COLUMNS}
            rows={modules.map(({ id, state, pid, restarts, startedAtMs }) => [
              <b>{id}</b>,
              <span class={`pill ${state === 'running' ? 'good' : 'bad'}`}>{state}</span>,
              pid ?? '–',
              restarts,
              typeof startedAtMs === 'number' ? formatTime(startedAtMs) : '–',
              counter(counters[id], 'received'),
              counter(counters[id], 'sent'),
              counter(counters[id], 'outboxRows'),
              metricsLink(counters[id], id),
              <ActionButton
                act={() => postJson('api/modules', { id, command: 'restart' })}
                label={`Restart ${id}`}
              >
                Restart
              </ActionButton>,
            ])}
            empty="edgeAgent runs no modules."
          />
        )}
      </SectionView>
    </Card>
  );
}

function counter(counters: ModuleCounters | undefined, name: string): string {
  const count = counters?.[name];
  return typeof count === 'number' ? formatCount(count) : '–';
}

/** Where Prometheus would scrape the module. */
function metricsLink(counters: ModuleCounters | undefined, id: string) {
  const uri = counters?.['metricsUri'];
  if (typeof uri !== 'string') return '–';
  return (
    <a href={uri} target="_blank" rel="noreferrer" aria-label={`Metrics of ${id}`}>
      :{new URL(uri).port}
    </a>
  );
}
