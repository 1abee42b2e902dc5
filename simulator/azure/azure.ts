/** Puts Device Provisioning, IoT Hub and Event Hubs together, with one control API. */
import { join } from 'node:path';
import { startControlApi } from '../wire/control-api.ts';
import type { LocalProcessContext, RunningService } from '../wire/local-process.ts';
import { addControlRoutes } from './control/control-routes.ts';
import { startDeviceProvisioning } from './device-provisioning/device-provisioning.ts';
import { openEventLog } from './event-hubs/event-log.ts';
import { startEventHubs } from './event-hubs/event-hubs.ts';
import { EVENT_HUBS } from './event-hubs/namespace.ts';
import { startIotHub } from './iot-hub/iot-hub.ts';

/** Starts all three; they stop together. */
export async function startAzure(context: LocalProcessContext): Promise<RunningService> {
  const { settings } = context;
  const started: RunningService[] = [];
  const stop = async () => {
    for (const service of started.splice(0).toReversed()) await service.stop();
  };
  try {
    const eventLog = openEventLog(join(settings.stateFolder, 'azure', 'event-hubs.db'), EVENT_HUBS);
    started.push({ stop: async () => eventLog.close() });
    started.push(await startEventHubs({ ...context, eventLog }));
    const hub = await startIotHub({ ...context, eventLog });
    started.push(hub);
    const provisioning = await startDeviceProvisioning({ ...context, hub });
    started.push(provisioning);
    const parts = { settings, hub, provisioning, eventLog };
    started.push(await startControlApi(settings, 'azure', (app) => addControlRoutes(app, parts)));
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
