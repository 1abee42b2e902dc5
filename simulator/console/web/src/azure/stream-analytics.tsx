import type { SystemStatus } from '../../../core/system-status.ts';
import type { JobStatus } from '../../../server/status-schemas.ts';
import { postJson } from '../api.ts';
import { ActionButton } from '../look/action-button.tsx';
import { Card } from '../look/card.tsx';
import { Facts } from '../look/facts.tsx';
import { SectionView } from '../look/section-view.tsx';
import { formatCount, formatTime } from '../words.ts';

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

function Job({ job }: { readonly job: JobStatus }) {
  const { name, state, error } = job;
  const command = state === 'running' || state === 'starting' ? 'stop' : 'start';
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
      {error === null ? null : <p class="fault">{error}</p>}
      <Facts facts={factsOf(job)} />
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

function factsOf(job: JobStatus): readonly (readonly [string, string])[] {
  const inputs = job.inputs.map(({ alias, backlog }) => {
    return `${alias}${backlog === null ? '' : `, ${formatCount(backlog)} to read`}`;
  });
  const outputs = job.outputs.map(({ alias, events }) => `${alias}, ${formatCount(events)}`);
  return [
    ['Events in', formatCount(job.eventsIn)],
    ['Events out', formatCount(job.eventsOut)],
    ['Late', formatCount(job.lateEvents)],
    ['Out of order', formatCount(job.outOfOrderEvents)],
    ['Dropped', formatCount(job.droppedEvents)],
    ['Not convertible', formatCount(job.conversionErrors)],
    ['Inputs', inputs.join('\n')],
    ['Outputs', outputs.join('\n')],
    ['Last output', job.lastOutputMs === null ? '–' : formatTime(job.lastOutputMs)],
  ];
}
