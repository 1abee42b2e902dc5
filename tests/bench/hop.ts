/**
 * One module hop beside what Microsoft's SDK can send to edge-hub when nobody takes it out.
 *
 * A hop is in, two commits and out: averages sent by the SDK to edge-hub, from there to store-and-forward, from there
 * to edge-hub again, and up.
 */
import device, { type ModuleClient } from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import { BenchGateway } from './gateway/bench-gateway.ts';
import { whole, type Row } from './table.ts';

const SECTION = 'module hop, messages/s (share of the SDK sending to edge-hub, no module)';
const MESSAGES = { faithful: 1_500, wide: 6_000 };
const IN_FLIGHT = 128;
const ROUNDS = 2;

/** The SDK's limit and the hop, in the same round; the best of each. */
export async function hopRows(bundles: string): Promise<Row[]> {
  const [sdkFaithful, hopFaithful] = await measure(true, bundles);
  const [sdkWide, hopWide] = await measure(false, bundles);
  const share = (hop: number, sdk: number) =>
    `${whole(hop)} of ${whole(sdk)} (${(hop / sdk).toFixed(2)})`;
  return [
    {
      section: SECTION,
      what: 'averages through store-and-forward',
      faithful: share(hopFaithful, sdkFaithful),
      wide: share(hopWide, sdkWide),
    },
  ];
}

async function measure(faithful: boolean, bundles: string): Promise<[sdk: number, hop: number]> {
  const messages = faithful ? MESSAGES.faithful : MESSAGES.wide;
  const best: [number, number] = [0, 0];
  for (let round = 0; round < ROUNDS; round += 1) {
    const gateway = await BenchGateway.start({ faithful, bundles, modules: [] });
    try {
      best[0] = Math.max(best[0], await sendAll(gateway, messages));
      const counted = gateway.run<'count'>({ kind: 'count', messages });
      await gateway.startModule('store-and-forward');
      best[1] = Math.max(best[1], (await counted).messagesPerSecond);
    } finally {
      await gateway.stop();
    }
  }
  return best;
}

/** Averages as the averager would send them, acknowledged by edge-hub; a second's worth. */
async function sendAll(gateway: BenchGateway, messages: number): Promise<number> {
  const client = device.ModuleClient.fromConnectionString(
    gateway.connectionString('averager'),
    Mqtt,
  );
  await client.setOptions({ ca: gateway.caPem });
  await client.open();
  const startedMs = performance.now();
  let next = 0;
  const sendSome = async () => {
    while (next < messages) {
      const number = next;
      next += 1;
      await send(client, number);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, sendSome));
  const seconds = (performance.now() - startedMs) / 1_000;
  await client.close();
  return messages / seconds;
}

async function send(client: ModuleClient, number: number): Promise<void> {
  const endMs = Date.parse('2026-06-01T00:00:00Z') + number * 300_000;
  const windowEnd = new Date(endMs).toISOString();
  const message = new device.Message(
    JSON.stringify({
      id: 'Meter07',
      windowStart: new Date(endMs - 300_000).toISOString(),
      windowEnd,
      average: 70.41833333333334,
      minimum: 69.12,
      maximum: 71.87,
      count: 30,
      expectedCount: 30,
      revision: 0,
    }),
  );
  message.messageId = `average/Meter07/${windowEnd}/r0`;
  message.contentType = 'application/json';
  message.contentEncoding = 'utf-8';
  message.properties.add('kind', 'average');
  await client.sendOutputEvent('averages', message);
}
