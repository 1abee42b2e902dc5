import type { SystemStatus } from '../../../core/system-status.ts';
import { DeviceProvisioning } from './device-provisioning.tsx';
import { EventHubs } from './event-hubs.tsx';
import { Functions } from './functions.tsx';
import { IotHub } from './iot-hub.tsx';
import { Storage } from './storage.tsx';
import { StreamAnalytics } from './stream-analytics.tsx';

const RESOURCES = [
  ['iot-hub', 'IoT Hub'],
  ['device-provisioning', 'Device Provisioning'],
  ['stream-analytics', 'Stream Analytics jobs'],
  ['event-hubs', 'Event Hubs'],
  ['storage', 'Storage account'],
  ['functions', 'Function App'],
] as const;

interface Props {
  readonly status: Partial<SystemStatus>;
  readonly resource: string | undefined;
}

/** The local Azure's resources, where a student would look for them in the portal. */
export function AzurePage({ status, resource = 'iot-hub' }: Props) {
  return (
    <div class="azure-page">
      <nav class="card resources" aria-label="Resources">
        {RESOURCES.map(([name, title]) => (
          <a
            key={name}
            href={`#/azure/${name}`}
            aria-current={name === resource ? 'page' : undefined}
          >
            {title}
          </a>
        ))}
      </nav>
      <div class="grid">
        <Resource status={status} resource={resource} />
      </div>
    </div>
  );
}

function Resource({ status, resource }: Props) {
  switch (resource) {
    case 'device-provisioning':
      return <DeviceProvisioning status={status} />;
    case 'stream-analytics':
      return <StreamAnalytics status={status} />;
    case 'event-hubs':
      return <EventHubs status={status} />;
    case 'storage':
      return <Storage />;
    case 'functions':
      return <Functions status={status} />;
    default:
      return <IotHub status={status} />;
  }
}
