import type { SystemStatus } from '../../../core/system-status.ts';
import { Card } from '../look/card.tsx';
import { Facts } from '../look/facts.tsx';
import { SectionView } from '../look/section-view.tsx';
import { Table } from '../look/table.tsx';
import { formatCount, formatTime } from '../words.ts';

/** The functions of the Function App with their latest invocations. */
export function Functions({ status }: { readonly status: Partial<SystemStatus> }) {
  return (
    <SectionView section={status.functions}>
      {({ functions }) => (
        <>
          {functions.map(({ name, trigger, invocations, failures, recent }) => (
            <Card key={name} title={name} aside={<span class="muted">newest first</span>}>
              <Facts
                facts={[
                  ['Trigger', trigger],
                  ['Invocations', formatCount(invocations)],
                  ['Failures', formatCount(failures)],
                ]}
              />
              <Table
                label={`Invocations of ${name}`}
                columns={['Started', 'Duration', 'Events', 'Result']}
                rows={recent.map(({ atMs, durationMs, events, ok, error }) => [
                  formatTime(atMs),
                  `${formatCount(durationMs)} ms`,
                  formatCount(events),
                  <span class={`pill ${ok ? 'good' : 'bad'}`}>{error ?? 'succeeded'}</span>,
                ])}
                empty="No invocations yet."
              />
            </Card>
          ))}
        </>
      )}
    </SectionView>
  );
}
