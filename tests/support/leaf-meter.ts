/** A meter behind the gateway that a test speaks for. */
import { z } from 'zod';
import { keepConnected } from '../../simulator/meters/device-client.ts';
import type { Settings } from '../../simulator/wire/settings.ts';
import { localRegistry } from './service-client.ts';

const Gateway = z.object({ deviceScope: z.string() });

/** Registers a meter behind the gateway of a local system, and sends a message as that meter. */
export async function sendAsNewMeter(
  { settings, caPem }: { readonly settings: Settings; readonly caPem: string },
  deviceId: string,
  body: unknown,
): Promise<void> {
  const registry = localRegistry({ settings, caPem });
  const gateway = Gateway.parse((await registry.get(settings.gatewayDeviceId)).responseBody);
  const { responseBody } = await registry.create({ deviceId, deviceScope: gateway.deviceScope });
  const key = responseBody.authentication?.symmetricKey?.primaryKey ?? '';
  const message = { messageId: `${deviceId}/1`, body: JSON.stringify(body) };
  let client = { stop: async () => {} };
  await new Promise<void>((resolve) => {
    client = keepConnected({
      credentials: { assignedHub: settings.iotHubHostName, deviceId, key },
      gatewayHost: `localhost:${settings.ports.edgeHubMqtt}`,
      caPem,
      // It is dialled again when the message did not get through.
      onConnected: (connection) => void connection.send(message).then(resolve, () => {}),
      onLost: () => {},
    });
  });
  await client.stop();
}
