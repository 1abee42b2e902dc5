import { valueOf } from '../../../core/section.ts';
import type { SystemStatus } from '../../../core/system-status.ts';
import { Card } from '../look/card.tsx';
import { CopyButton } from '../look/copy-button.tsx';
import { Facts } from '../look/facts.tsx';
import { SectionView } from '../look/section-view.tsx';
import { Table } from '../look/table.tsx';
import { formatCount, formatTime } from '../words.ts';

/** The hub and its devices. */
export function IotHub({ status }: { readonly status: Partial<SystemStatus> }) {
  const hostName = valueOf(status.setup)?.iotHubHostName ?? '';
  return (
    <SectionView section={status.azure}>
      {({ iotHub: { devices, messagesReceived } }) => (
        <>
          <Card title="IoT Hub">
            <Facts
              facts={[
                [
                  'Host name',
                  <span class="copyable">
                    <code>{hostName}</code> <CopyButton text={hostName} label="host name" />
                  </span>,
                ],
                ['Devices', formatCount(devices.length)],
                ['Messages received', formatCount(messagesReceived)],
              ]}
            />
          </Card>
          <Card title="Devices">
            <Table
              label="Devices"
              columns={['Device id', 'Type', 'Parent', 'Status', 'Connection', 'Last activity']}
              rows={devices.map((device) => [
                <b>{device.deviceId}</b>,
                device.iotEdge ? 'IoT Edge' : 'device',
                device.parent ?? '–',
                device.status,
                <span class={`pill ${device.connected ? 'good' : ''}`}>
                  {device.connected ? 'connected' : 'not connected'}
                </span>,
                device.lastActivityMs === null ? '–' : formatTime(device.lastActivityMs),
              ])}
              empty="No devices yet. Register a meter in the building."
            />
            <p class="muted note">
              A meter behind the gateway talks to edgeHub; its messages reach the hub through it.
            </p>
          </Card>
        </>
      )}
    </SectionView>
  );
}
