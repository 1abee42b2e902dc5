/** A hub with an MQTT front of its own, whose answers the test decides. */
import type { MqttConnection } from '../../../simulator/wire/mqtt-front/types.ts';
import {
  startMqttFront,
  type MqttFront,
} from '../../../simulator/wire/mqtt-front/start-mqtt-front.ts';
import { ensureCertificates } from '../../../simulator/wire/certificates.ts';
import { createLogger } from '../../../simulator/wire/logger.ts';
import type { Settings } from '../../../simulator/wire/settings.ts';

export interface PublishedMessage {
  readonly topic: string;
  readonly body: string;
}

export interface MeterFront {
  readonly port: number;
  readonly caPem: string;
  readonly published: PublishedMessage[];
  readonly usernames: string[];
  /** CONNACK code for new connections; 0 accepts. */
  returnCode: 0 | 5;
  /** Whether PUBACKs are given. */
  acknowledges: boolean;
  dropConnections(): void;
  stop(): Promise<void>;
}

export async function startMeterFront(settings: Settings, port = 0): Promise<MeterFront> {
  const { caPem, serverCertPem, serverKeyPem } = await ensureCertificates(settings);
  const connections = new Set<MqttConnection<string>>();
  const published: PublishedMessage[] = [];
  const usernames: string[] = [];
  let front: MqttFront | undefined;
  const state: MeterFront = {
    port: 0,
    caPem,
    published,
    usernames,
    returnCode: 0,
    acknowledges: true,
    dropConnections: () => {
      for (const connection of connections) connection.close('dropped by the test');
    },
    stop: async () => front?.stop(),
  };
  front = await startMqttFront<string>({
    port,
    tls: { cert: serverCertPem, key: serverKeyPem },
    log: createLogger('test', 'silent'),
    handler: {
      connect: (request) => {
        usernames.push(request.username);
        return Promise.resolve(
          state.returnCode === 0
            ? { accepted: true, sessionPresent: false, identity: request.clientId }
            : { accepted: false, returnCode: state.returnCode },
        );
      },
      connected: (connection) => void connections.add(connection),
      disconnected: (connection) => void connections.delete(connection),
      subscribe: (_, filters) => Promise.resolve(filters.map(({ qos }) => qos)),
      unsubscribe: () => Promise.resolve(),
      publish: (_, { topic, payload }) => {
        published.push({ topic, body: payload.toString('utf8') });
        return state.acknowledges ? Promise.resolve() : new Promise(() => undefined);
      },
    },
  });
  return Object.assign(state, { port: front.port });
}
