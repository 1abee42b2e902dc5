/** The module with faults as a process of its own. */
import { systemClock } from '../../modules/shared/src/clock.ts';
import { readEnv } from '../../modules/shared/src/env.ts';
import { machineUptimeMs, readHealth } from '../../modules/shared/src/heartbeat.ts';
import { createIotEdgeClient } from '../../modules/shared/src/iot-edge-client.ts';
import { createLogger } from '../../modules/shared/src/logger.ts';
import { runModule, shutdownSignal } from '../../modules/shared/src/run-module.ts';
import { pickyModule } from './picky-module.ts';

const environment = readEnv(process.env);
const log = createLogger(environment.moduleId, environment.logLevel);
const connect = () => createIotEdgeClient(systemClock, log);
/** What the health check would find in an hour, if it opened its database as long as that. */
const opening = () => {
  const { state } = readHealth(environment.heartbeatFile ?? '', machineUptimeMs() + 3_600_000);
  log.info({ state }, 'opens its database');
};

await runModule(
  pickyModule({ opening }),
  { environment, connect, clock: systemClock, log },
  shutdownSignal(),
);
