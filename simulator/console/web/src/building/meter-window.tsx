import type { MeterStatus } from '../../../server/status-schemas.ts';
import { formatTemp } from '../words.ts';
import { lookSign, meterLook } from './meter-look.ts';

interface Props {
  readonly meter: MeterStatus;
  readonly pressed: boolean;
  readonly select: (id: string) => void;
}

/** A window of the building, in the colour of its meter. */
export function MeterWindow({ meter, pressed, select }: Props) {
  const look = meterLook(meter);
  const isTransmitting = meter.state === 'transmitting' && meter.temp !== null;
  return (
    <button
      type="button"
      class={`window ${look}`}
      aria-pressed={pressed}
      onClick={() => select(meter.id)}
    >
      <span class="window-id">
        {meter.id}
        {meter.connection === 'direct' ? ' · direct' : ''}
      </span>
      <span class="window-temp">
        {isTransmitting ? (
          <>
            <span class="sign">{lookSign(look)}</span>
            {formatTemp(meter.temp ?? 0)}
          </>
        ) : (
          '–'
        )}
      </span>
      <span class="window-state">{meter.error === null ? meter.state : '⚠ needs attention'}</span>
    </button>
  );
}
