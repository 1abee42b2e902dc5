import { createContext } from 'preact';
import { useContext, useState } from 'preact/hooks';

/** Shows a sentence that went wrong; undefined takes it away. */
export const ShowFault = createContext<(message: string | undefined) => void>(() => undefined);

/** Runs one action at a time and shows why it was refused. */
export function useAction(): { busy: boolean; run: (act: () => Promise<unknown>) => void } {
  const [busy, setBusy] = useState(false);
  const showFault = useContext(ShowFault);
  const run = (act: () => Promise<unknown>) => {
    setBusy(true);
    showFault(undefined);
    act()
      .catch((error: unknown) => showFault(error instanceof Error ? error.message : String(error)))
      .finally(() => setBusy(false));
  };
  return { busy, run };
}
