/**
 * A process that appends events to the log given as its first argument until it is killed, and
 * writes a line `partition key,number` for each append that was acknowledged.
 */
import { writeSync } from 'node:fs';
import { openEventLog } from '../../simulator/azure/event-hubs/event-log.ts';
import { EVENT_HUBS } from '../../simulator/azure/event-hubs/namespace.ts';
import { textEvent } from './events.ts';

const WRITERS = 8;
const log = openEventLog(process.argv[2] ?? '', EVENT_HUBS);

async function appendForEver(partitionKey: string): Promise<never> {
  for (let number = 0; ; number += 1) {
    await log.append('hot-path', { partitionKey }, [textEvent(`${partitionKey},${number}`)]);
    writeSync(1, `${partitionKey},${number}\n`);
  }
}

await Promise.all(Array.from({ length: WRITERS }, (_, index) => appendForEver(`Meter${index}`)));
