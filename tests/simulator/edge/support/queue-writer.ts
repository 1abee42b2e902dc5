/**
 * A process that appends to the queues, acknowledges some, and says on stdout what is done, until
 * it is killed. Arguments: database, first number.
 */
import { MessageQueues } from '../../../../simulator/edge/edge-hub/queues/message-queues.ts';
import { QUEUE_SCHEMA } from '../../../../simulator/edge/edge-hub/queues/queue-schema.ts';
import { openDatabase } from '../../../../simulator/wire/database.ts';

const [path = '', first = '0'] = process.argv.slice(2);
const queues = new MessageQueues(openDatabase(path, [QUEUE_SCHEMA]), Date.now);
const destination = (endpoint: string) => ({
  endpoint,
  priority: 1,
  timeToLiveSeconds: undefined,
});
const both = [destination('a'), destination('b')];

async function append(number: number): Promise<void> {
  const body = Buffer.from(String(number));
  await queues.append({ properties: {}, systemProperties: {}, body }, both);
  process.stdout.write(`+${number}\n`);
  for (const message of number % 3 === 0 ? queues.take('a', 1) : []) {
    process.stdout.write(`?${message.body.toString()}\n`);
    await queues.acknowledge(message);
  }
}

for (let number = Number(first); ;) {
  const batch: Promise<void>[] = [];
  for (let index = 0; index < 20; index += 1) batch.push(append(number++));
  await Promise.all(batch);
}
