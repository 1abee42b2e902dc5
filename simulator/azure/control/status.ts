/** `GET /status` of the local Azure. */
import { BUILT_IN_ENDPOINT } from '../event-hubs/namespace.ts';
import type { EventLog } from '../event-hubs/event-log.ts';
import type { IotHub } from '../iot-hub/hub.ts';
import type { AzureParts } from './azure-parts.ts';

export function statusOf({ settings, hub, provisioning, eventLog }: AzureParts) {
  return {
    iotHub: { messagesReceived: messagesReceived(eventLog), devices: devicesOf(hub) },
    deviceProvisioning: {
      idScope: settings.idScope,
      enrollmentGroupId: settings.enrollmentGroupId,
      enrollmentGroupEnabled: provisioning.group().enabled,
      linkedHub: hub.hostName,
      registrations: provisioning
        .registrations()
        .filter(({ status }) => status === 'assigned')
        .map(({ registrationId, deviceId, assignedHub, updatedMs }) => {
          return { registrationId, deviceId, assignedHub, atMs: updatedMs };
        }),
    },
    eventHubs: eventLog.hubs().map(({ name, partitionIds, consumerGroups }) => ({
      name,
      consumerGroups,
      partitions: partitionIds.map((id) => {
        return { id, lastSequenceNumber: eventLog.partition(name, id).lastSequenceNumber };
      }),
    })),
  };
}

function devicesOf({ store, sessions }: IotHub) {
  return store.devices().map((device) => ({
    deviceId: device.deviceId,
    parent: device.parent,
    status: device.enabled ? 'enabled' : 'disabled',
    connected: sessions.find({ deviceId: device.deviceId }) !== undefined,
    iotEdge: device.iotEdge,
    lastActivityMs: sessions.lastActivityMs(device),
  }));
}

/** Sequence numbers count from 0 and outlive the events: their sum is what ever came in. */
function messagesReceived(eventLog: EventLog): number {
  const partitionIds = eventLog.findHub(BUILT_IN_ENDPOINT)?.partitionIds ?? [];
  return partitionIds.reduce(
    (sum, id) => sum + eventLog.partition(BUILT_IN_ENDPOINT, id).lastSequenceNumber + 1,
    0,
  );
}
