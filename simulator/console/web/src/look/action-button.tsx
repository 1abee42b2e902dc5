import type { ComponentChildren } from 'preact';
import { useAction } from './use-action.tsx';

interface Props {
  readonly children: ComponentChildren;
  readonly act: () => Promise<unknown>;
  readonly disabled?: boolean | undefined;
  readonly tone?: 'primary' | 'danger' | undefined;
  /** Says more than the words on the button, for a screen reader. */
  readonly label?: string | undefined;
}

/** A button that does something on the server, once per click; a refusal is shown at the top. */
export function ActionButton({ children, act, disabled, tone, label }: Props) {
  const { busy, run } = useAction();
  return (
    <button
      type="button"
      class={`button ${tone ?? ''}`}
      disabled={disabled === true || busy}
      aria-busy={busy}
      aria-label={label}
      onClick={() => run(act)}
    >
      {children}
    </button>
  );
}
