import type { SourceStates } from '../../core/page-message.ts';

interface Props {
  readonly connected: boolean;
  readonly sources: SourceStates;
}

/** Whether what the page shows is live, and if not, what is missing. */
export function ConnectionState(props: Props) {
  const { tone, text } = describe(props);
  return (
    <span class={`pill ${tone}`} role="status">
      {text}
    </span>
  );
}

function describe({ connected, sources }: Props): { tone: string; text: string } {
  if (!connected) return { tone: 'bad waiting', text: 'Dashboard not reachable, trying again' };
  const states = [sources.hotPath, sources.alerts];
  const failing = states.find(({ state }) => state === 'failing');
  if (failing !== undefined) {
    return { tone: 'bad waiting', text: `Trying again: ${failing.reason ?? 'event hub'}` };
  }
  const ready = states.every(({ state }) => state === 'receiving');
  return ready
    ? { tone: 'good', text: 'Live' }
    : { tone: 'waiting', text: 'Connecting to the event hubs' };
}
