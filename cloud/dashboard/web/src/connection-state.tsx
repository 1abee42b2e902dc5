import type { SourceStates } from '../../core/page-message.ts';

interface Props {
  readonly connected: boolean;
  readonly signedOut: boolean;
  readonly sources: SourceStates;
}

/** Whether what the page shows is live, and if not, what is missing. */
export function ConnectionState(props: Props) {
  if (props.signedOut) {
    return (
      <span class="pill bad" role="status">
        Signed out.{' '}
        <a class="link" href="./">
          Sign in again
        </a>
      </span>
    );
  }
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
  if (sources.history?.state === 'connecting') return { tone: 'waiting', text: 'Reading history' };
  const ready = states.every(({ state }) => state === 'receiving');
  if (!ready) return { tone: 'waiting', text: 'Connecting to the event hubs' };
  return sources.history?.state === 'failing'
    ? { tone: 'waiting', text: 'Live, history not reachable yet' }
    : { tone: 'good', text: 'Live' };
}
