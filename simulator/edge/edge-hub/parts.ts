/** Puts edgeHub together. */
import { join } from 'node:path';
import type { Certificates } from '../../wire/certificates.ts';
import { openDatabase, type Database } from '../../wire/database.ts';
import type { IdentityName } from '../../wire/identity-name.ts';
import type { LocalProcessContext } from '../../wire/local-process.ts';
import type { Logger } from '../../wire/logger.ts';
import type { Settings } from '../../wire/settings.ts';
import { readLocalManifest } from '../manifest/local-manifest.ts';
import { Clients } from './clients.ts';
import { HubCounters } from './hub-counters.ts';
import { Authenticator } from './identities/authenticator.ts';
import { DeviceScope } from './identities/device-scope.ts';
import { MethodCalls } from './methods/method-calls.ts';
import { ModuleDeliveries } from './module-deliveries.ts';
import { DeliveryPump } from './queues/delivery-pump.ts';
import { MessageQueues } from './queues/message-queues.ts';
import { Router, UPSTREAM_ENDPOINT } from './routes/router.ts';
import { EDGE_HUB_SCHEMA } from './schema.ts';
import { Sessions } from './sessions/sessions.ts';
import { TwinStore } from './twins/twin-store.ts';
import { Twins } from './twins/twins.ts';
import { methodResponseTopic } from './upstream/hub-topics.ts';
import type { UplinkEvents } from './upstream/uplink.ts';
import { Uplinks } from './upstream/uplinks.ts';

/** Messages on their way to IoT Hub. */
const UPSTREAM_WINDOW = 64;

/** Everything edgeHub consists of. */
export interface EdgeHubParts {
  readonly gatewayId: string;
  readonly database: Database;
  readonly scope: DeviceScope;
  readonly authenticator: Authenticator;
  readonly clients: Clients;
  readonly sessions: Sessions;
  readonly router: Router;
  readonly queues: MessageQueues;
  readonly deliveries: ModuleDeliveries;
  readonly methods: MethodCalls;
  readonly twins: Twins;
  readonly uplinks: Uplinks;
  /** Sends the queue of `$upstream`. */
  readonly upstream: DeliveryPump;
  readonly counters: HubCounters;
  readonly log: Logger;
}

/** Opens the database and makes all parts; nothing listens or dials yet. @throws ManifestError, DamagedDatabaseError */
export function makeParts(
  { settings, log }: LocalProcessContext,
  { caPem }: Pick<Certificates, 'caPem'>,
): EdgeHubParts {
  const gatewayId = settings.gatewayDeviceId;
  const router = new Router(gatewayId, readLocalManifest(settings).routes);
  const database = openDatabase(
    join(settings.stateFolder, 'edge-hub/edge-hub.db'),
    EDGE_HUB_SCHEMA,
  );
  const queues = new MessageQueues(database, Date.now);
  const clients = new Clients();
  const sessions = new Sessions(database);
  const scope = makeScope(settings, database, caPem);
  const methods = new MethodCalls(clients, sessions);
  const uplinks = makeUplinks(
    { settings, log, scope, caPem },
    uplinkEvents(methods, () => twins),
  );
  const store = new TwinStore(database);
  const twins = new Twins({ store, clients, sessions, uplinkOf: (name) => uplinks.of(name), log });
  const { faithful } = settings;
  return {
    gatewayId,
    database,
    scope,
    clients,
    sessions,
    router,
    queues,
    methods,
    twins,
    uplinks,
    log,
    authenticator: makeAuthenticator(settings, scope),
    deliveries: new ModuleDeliveries({ queues, gatewayId, faithful, log }),
    upstream: new DeliveryPump({
      queues,
      serves: (endpoint) => endpoint === UPSTREAM_ENDPOINT,
      window: UPSTREAM_WINDOW,
      log,
    }),
    counters: new HubCounters(),
  };
}

function makeUplinks(
  { settings, scope, caPem, log }: LocalProcessContext & { scope: DeviceScope; caPem: string },
  events: UplinkEvents,
): Uplinks {
  const ownKey = ({ deviceId, moduleId }: IdentityName) =>
    moduleId === undefined && deviceId === settings.gatewayDeviceId
      ? settings.secrets.gatewayKey
      : undefined;
  return new Uplinks({
    hub: { hostName: settings.iotHubHostName, port: settings.ports.linkMqtt, caPem },
    keyOf: (name) => scope.keysOf(name)[0] ?? ownKey(name),
    events,
    log,
  });
}

function makeScope(settings: Settings, database: Database, caPem: string): DeviceScope {
  return new DeviceScope(database, {
    hostName: settings.iotHubHostName,
    port: settings.ports.linkHttps,
    caPem,
    identity: { deviceId: settings.gatewayDeviceId },
    key: settings.secrets.gatewayKey,
  });
}

function makeAuthenticator(settings: Settings, scope: DeviceScope): Authenticator {
  return new Authenticator({
    scope,
    hubHostName: settings.iotHubHostName,
    gatewayHostNames: ['localhost', `localhost:${settings.ports.edgeHubMqtt}`],
    now: Date.now,
  });
}

/** `twins` is asked for late: it needs the uplinks itself. */
function uplinkEvents(methods: MethodCalls, twins: () => Twins): UplinkEvents {
  return {
    onConnected: (uplink) => void twins().synchronize(uplink),
    onDesiredPatch: (uplink, patch) => void twins().receivePatch(uplink, patch),
    onMethod: (uplink, { name, requestId }, payload) => {
      void methods.invoke(uplink.identity, name, payload).then((response) => {
        uplink.send(methodResponseTopic(response.status, requestId), response.payload);
      });
    },
  };
}
