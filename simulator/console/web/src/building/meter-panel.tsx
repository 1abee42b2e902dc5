import type { Setup } from '../../../core/system-status.ts';
import type { MeterStatus } from '../../../server/status-schemas.ts';
import { postJson } from '../api.ts';
import { ActionButton } from '../look/action-button.tsx';
import { Card } from '../look/card.tsx';
import { Facts } from '../look/facts.tsx';
import { formatCount, formatTemp, formatTime } from '../words.ts';
import { Adoption } from './adoption.tsx';
import type { HubDevice } from './hub-device.ts';
import { PinForm } from './pin-form.tsx';
import { RegisterForm } from './register-form.tsx';

interface Props {
  readonly meter: MeterStatus;
  /** The meter's identity in IoT Hub, once registered. */
  readonly device: HubDevice | undefined;
  readonly setup: Setup | undefined;
}

/** Everything that can be done to one meter. */
export function MeterPanel({ meter, device, setup }: Props) {
  const { id, state, error, connection } = meter;
  const isManual = setup?.manual === true;
  const canRegister = state === 'installed' || state === 'registered';
  return (
    <Card title={id} aside={<span class={`state-tag ${state}`}>{state}</span>} kind="panel">
      {error === null ? null : (
        <p class="fault" role="alert">
          {error}
        </p>
      )}
      <Facts facts={factsOf(meter)} />
      <Life meter={meter} isManual={isManual} />
      {isManual && canRegister ? <RegisterForm id={id} isAgain={state === 'registered'} /> : null}
      {connection === 'gateway' && device !== undefined ? (
        <Adoption device={device} gateway={setup?.gatewayDeviceId ?? ''} />
      ) : null}
      <Temperature meter={meter} />
    </Card>
  );
}

interface LifeProps {
  readonly meter: MeterStatus;
  /** Registering takes a form then, instead of a button. */
  readonly isManual: boolean;
}

function Life({ meter: { id, state }, isManual }: LifeProps) {
  const isOnline = state === 'connected' || state === 'transmitting';
  const steps = [
    { command: 'install', words: 'Install', from: ['new'] },
    ...(isManual
      ? []
      : [{ command: 'register', words: 'Register', from: ['installed', 'registered'] }]),
    { command: 'connect', words: 'Connect', from: ['registered'] },
  ];
  const next = steps.findLast(({ from }) => from.includes(state));
  return (
    <>
      <h3>Life</h3>
      <div class="buttons">
        {steps.map((step) => (
          <ActionButton
            key={step.command}
            act={() => send(id, step.command)}
            disabled={!step.from.includes(state)}
            tone={step === next ? 'primary' : undefined}
          >
            {step.words}
          </ActionButton>
        ))}
        <ActionButton act={() => send(id, 'disconnect')} disabled={!isOnline}>
          Disconnect
        </ActionButton>
      </div>
    </>
  );
}

function Temperature({ meter }: { readonly meter: MeterStatus }) {
  const { id, state } = meter;
  const isOnline = state === 'connected' || state === 'transmitting';
  return (
    <>
      <h3>Temperature</h3>
      <PinForm meter={meter} />
      <div class="buttons">
        <ActionButton act={() => send(id, 'spike')} disabled={!isOnline}>
          ▲ Inject a spike
        </ActionButton>
        <ActionButton act={() => send(id, 'dip')} disabled={!isOnline}>
          ▼ Inject a dip
        </ActionButton>
      </div>
    </>
  );
}

function send(id: string, command: string): Promise<unknown> {
  return postJson('api/meters', { id, command });
}

function factsOf(meter: MeterStatus): readonly (readonly [string, string])[] {
  const { connection, temp, lastTime, produced, acknowledged, pinnedTemp } = meter;
  const last = lastTime === null ? '' : ` at ${formatTime(Date.parse(lastTime))}`;
  return [
    ['Connects', connection === 'gateway' ? 'through the gateway' : 'straight to IoT Hub'],
    ['Last reading', temp === null ? 'none yet' : `${formatTemp(temp)}F${last}`],
    ['Readings', `${formatCount(produced)} made, ${formatCount(acknowledged)} acknowledged`],
    ...(pinnedTemp === null ? [] : [['Pinned at', `${formatTemp(pinnedTemp)}F`] as const]),
  ];
}
