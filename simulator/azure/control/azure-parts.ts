/** The services behind the control API of the local Azure. */
import type { Settings } from '../../wire/settings.ts';
import type { DeviceProvisioning } from '../device-provisioning/device-provisioning.ts';
import type { EventLog } from '../event-hubs/event-log.ts';
import type { IotHub } from '../iot-hub/hub.ts';

export interface AzureParts {
  readonly settings: Settings;
  readonly hub: IotHub;
  readonly provisioning: DeviceProvisioning;
  readonly eventLog: EventLog;
}
