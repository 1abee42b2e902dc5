import { useState } from 'preact/hooks';
import type { MeterStatus } from '../../../server/status-schemas.ts';
import { postJson } from '../api.ts';
import { useAction } from '../look/use-action.tsx';

/** Holds the meter at a temperature until it is let go. */
export function PinForm({ meter: { id, pinnedTemp } }: { readonly meter: MeterStatus }) {
  const [temp, setTemp] = useState('70');
  const { busy, run } = useAction();
  const pin = (event: Event) => {
    event.preventDefault();
    run(() => postJson('api/meters', { id, command: 'pin', temp: Number(temp) }));
  };
  const unpin = () => run(() => postJson('api/meters', { id, command: 'unpin' }));
  return (
    <form class="pin" onSubmit={pin}>
      <label>
        Pin at °F
        <input
          type="number"
          step="0.1"
          min="-100"
          max="300"
          required
          value={temp}
          onInput={({ currentTarget }) => setTemp(currentTarget.value)}
        />
      </label>
      <button type="submit" class="button" disabled={busy}>
        Pin
      </button>
      <button type="button" class="button" disabled={busy || pinnedTemp === null} onClick={unpin}>
        Let go
      </button>
    </form>
  );
}
