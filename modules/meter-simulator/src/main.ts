import { systemClock } from '../../shared/src/clock.ts';
import { readEnv } from '../../shared/src/env.ts';
import { createIotEdgeClient } from '../../shared/src/iot-edge-client.ts';
import { createLogger } from '../../shared/src/logger.ts';
import { runModule, shutdownSignal } from '../../shared/src/run-module.ts';
import { meterSimulator } from './meter-simulator.ts';

const environment = readEnv(process.env);
const log = createLogger(environment.moduleId, environment.logLevel);
const connect = () => createIotEdgeClient(systemClock, log);

await runModule(
  meterSimulator,
  { environment, connect, clock: systemClock, log },
  shutdownSignal(),
);
