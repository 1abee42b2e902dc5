import type { SystemStatus } from '../../../core/system-status.ts';
import { Card } from '../look/card.tsx';
import { SectionView } from '../look/section-view.tsx';
import { Table } from '../look/table.tsx';
import { formatTime } from '../words.ts';

/** The Function App's latest invocations. */
export function Functions({ status }: { readonly status: Partial<SystemStatus> }) {
  return (
    <Card title="Invocations" aside={<span class="muted">newest first</span>}>
      <SectionView section={status.functions}>
        {({ invocations }) => (
          <Table
            label="Invocations"
            columns={['Function', 'Started', 'Duration', 'Events', 'Result']}
            rows={invocations.map((invocation) => [
              <b>{invocation.functionName}</b>,
              formatTime(invocation.startedMs),
              typeof invocation.durationMs === 'number' ? `${invocation.durationMs} ms` : '–',
              invocation.events ?? '–',
              invocation.error ?? invocation.state,
            ])}
            empty="No invocations yet."
          />
        )}
      </SectionView>
    </Card>
  );
}
