import type { SystemStatus } from '../../../core/system-status.ts';
import type { JobStatus } from '../../../server/status-schemas.ts';
import { postJson } from '../api.ts';
import { ActionButton } from '../look/action-button.tsx';
import { Card } from '../look/card.tsx';
import { Facts } from '../look/facts.tsx';
import { SectionView } from '../look/section-view.tsx';
import { formatCount } from '../words.ts';

/** The three jobs. */
export function StreamAnalytics({ status }: { readonly status: Partial<SystemStatus> }) {
  return (
    <SectionView section={status.jobs}>
      {({ jobs }) => (
        <div class="grid jobs">
          {jobs.map((job) => (
            <Job key={job.name} job={job} />
          ))}
        </div>
      )}
    </SectionView>
  );
}

function Job({ job: { name, state, eventsIn, eventsOut, error } }: { readonly job: JobStatus }) {
  const command = state === 'running' ? 'stop' : 'start';
  const words = command === 'stop' ? 'Stop' : 'Start';
  return (
    <Card
      title={name}
      aside={
        <span class={`pill ${state === 'running' ? 'good' : 'bad'}`} role="status">
          {state}
        </span>
      }
    >
      {typeof error === 'string' ? <p class="fault">{error}</p> : null}
      <Facts
        facts={[
          ['Events in', formatCount(eventsIn)],
          ['Events out', formatCount(eventsOut)],
        ]}
      />
      <div class="buttons">
        <ActionButton
          act={() => postJson('api/jobs', { name, command })}
          tone={command === 'start' ? 'primary' : undefined}
          label={`${words} ${name}`}
        >
          {words}
        </ActionButton>
      </div>
    </Card>
  );
}
