import { postJson } from '../api.ts';
import { ActionButton } from '../look/action-button.tsx';
import type { HubDevice } from './hub-device.ts';

interface Props {
  readonly device: HubDevice;
  readonly gateway: string;
}

/** Whether the meter is a child of the gateway, which edgeHub demands of it. */
export function Adoption({ device: { deviceId: id, parent }, gateway }: Props) {
  const click = (command: string) => () => postJson('api/meters', { id, command });
  const adopted = parent === gateway;
  return (
    <>
      <h3>Parent device</h3>
      <p class="adoption">
        {adopted ? `Child of ${gateway}.` : `Not a child of ${gateway}, so edgeHub refuses it.`}
      </p>
      <div class="buttons">
        <ActionButton
          act={click(adopted ? 'release' : 'adopt')}
          tone={adopted ? undefined : 'primary'}
        >
          {adopted ? 'Release' : 'Adopt'}
        </ActionButton>
      </div>
    </>
  );
}
