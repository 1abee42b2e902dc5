/** Azure on one machine: Device Provisioning, IoT Hub and Event Hubs. */
import { runLocalProcess } from '../wire/local-process.ts';
import { startAzure } from './azure.ts';

await runLocalProcess('azure', startAzure);
