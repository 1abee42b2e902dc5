import type { ComponentChildren } from 'preact';
import { valueOf } from '../../core/section.ts';
import type { LinkStatus } from '../../server/status-schemas.ts';
import { LinkButton } from './gateway/link-button.tsx';
import type { System } from './system.ts';
import { formatCount } from './words.ts';

/** The way of the readings, from meters to mail, in numbers. */
export function FlowStrip({ system }: { readonly system: System }) {
  const { status } = system;
  const numbers = numbersOf(system);
  return (
    <ol class="flow" aria-label="From meters to mail">
      <Stage title="Meters" href="#/building" ok={status.meters?.ok}>
        <b>{numbers.transmitting}</b> online
      </Stage>
      <Stage title="edgeHub" href="#/gateway" ok={status.edgeHub?.ok}>
        <b>{numbers.edgeHub}</b> messages
      </Stage>
      <Stage title="Backlog" href="#/gateway" ok={status.modules?.ok}>
        <b>{numbers.backlog}</b> waiting
      </Stage>
      <LinkStage link={valueOf(status.link)} />
      <Stage title="IoT Hub" href="#/azure/iot-hub" ok={status.azure?.ok}>
        <b>{numbers.iotHub}</b> messages
      </Stage>
      <Stage title="Queries" href="#/azure/stream-analytics" ok={status.jobs?.ok}>
        <b>{numbers.queries}</b> events out
      </Stage>
      <Stage title="Mailbox" href="#/mailbox" ok={status.mails?.ok}>
        <b>{numbers.mails}</b> mails
      </Stage>
    </ol>
  );
}

function numbersOf({ status, samples }: System) {
  const meters = valueOf(status.meters)?.meters ?? [];
  const jobs = valueOf(status.jobs)?.jobs ?? [];
  const { hubMessages = 0, edgeHubMessages = 0, backlog = 0 } = samples.at(-1) ?? {};
  const transmitting = meters.filter(({ state }) => state === 'transmitting').length;
  return {
    transmitting: `${transmitting}/${meters.length}`,
    edgeHub: formatCount(edgeHubMessages),
    backlog: formatCount(backlog),
    iotHub: formatCount(hubMessages),
    queries: formatCount(jobs.reduce((sum, { eventsOut }) => sum + eventsOut, 0)),
    mails: formatCount(valueOf(status.mails)?.length ?? 0),
  };
}

function LinkStage({ link }: { readonly link: LinkStatus | undefined }) {
  const state = link === undefined ? 'unknown' : link.up ? 'up' : 'cut';
  return (
    <li class={`stage link ${state}`}>
      <span class="stage-title">Link {state}</span>
      <LinkButton link={link} />
    </li>
  );
}

interface StageProps {
  readonly title: string;
  readonly href: string;
  /** Whether the process answers; undefined while nobody has asked. */
  readonly ok: boolean | undefined;
  readonly children: ComponentChildren;
}

function Stage({ title, href, ok, children }: StageProps) {
  return (
    <li class={`stage ${ok === false ? 'down' : ''}`}>
      <a class="stage-title" href={href}>
        {title}
      </a>
      <span>{ok === false ? '⚠ not answering' : children}</span>
    </li>
  );
}
