/**
 * The local IoT Hub: identities, twins, direct methods and telemetry of devices and modules, over
 * MQTT for them and HTTPS for the service side.
 *
 * State: `<stateFolder>/azure/iot-hub.db`; telemetry goes to the event log.
 */
import { join } from 'node:path';
import { ensureCertificates } from '../../wire/certificates.ts';
import { GroupCommit, openDatabase } from '../../wire/database.ts';
import type { IdentityName } from '../../wire/identity-name.ts';
import type { LocalProcessContext, RunningService } from '../../wire/local-process.ts';
import { startMqttFront } from '../../wire/mqtt-front/start-mqtt-front.ts';
import type { EventLog } from '../event-hubs/event-log.ts';
import { BUILT_IN_ENDPOINT } from '../event-hubs/namespace.ts';
import { CertificateAuthorities } from './certificate-authorities.ts';
import { DeviceFront } from './device-front.ts';
import { DirectMethods } from './direct-methods.ts';
import type { IotHub } from './hub.ts';
import { Identities } from './identities.ts';
import { IdentityStore, MIGRATIONS } from './identity-store.ts';
import { startRestApi } from './rest/rest-api.ts';
import { Sessions } from './sessions.ts';
import { Twins } from './twins.ts';

export interface IotHubContext extends LocalProcessContext {
  readonly eventLog: EventLog;
}

/** Starts the hub; the gateway's identity exists from the beginning. */
export async function startIotHub(context: IotHubContext): Promise<IotHub & RunningService> {
  const { settings, log } = context;
  const database = openDatabase(join(settings.stateFolder, 'azure', 'iot-hub.db'), MIGRATIONS);
  const hub = makeHub(
    settings.iotHubHostName,
    new IdentityStore(database),
    new GroupCommit(database),
    new CertificateAuthorities(database),
  );
  await ensureGateway(hub, context);
  const certificates = await ensureCertificates(settings);
  const tls = { cert: certificates.serverCertPem, key: certificates.serverKeyPem };
  const handler = new DeviceFront({
    ...hub,
    builtInEndpoint: BUILT_IN_ENDPOINT,
    eventLog: context.eventLog,
    log,
  });
  const front = await startMqttFront({
    port: settings.ports.iotHubMqtt,
    tls,
    asksForCertificates: true,
    handler,
    log,
  });
  const rest = await startRestApi({ hub, settings, tls, log });
  const stop = async () => {
    await Promise.all([front.stop(), rest.stop()]);
    database.close();
  };
  return { ...hub, stop };
}

function makeHub(
  hostName: string,
  store: IdentityStore,
  commits: GroupCommit,
  authorities: CertificateAuthorities,
): IotHub {
  const sessions = new Sessions(store, commits);
  const revoke = (name: IdentityName) => sessions.close(name, 'the identity was revoked');
  return {
    hostName,
    store,
    sessions,
    authorities,
    identities: new Identities(store, commits, revoke),
    twins: new Twins(store, commits, sessions),
    methods: new DirectMethods(sessions),
  };
}

async function ensureGateway({ identities }: IotHub, { settings }: IotHubContext): Promise<void> {
  const name = { deviceId: settings.gatewayDeviceId };
  const primaryKey = settings.secrets.gatewayKey;
  const gateway = await identities.ensure(name, { primaryKey, iotEdge: true });
  if (gateway.primaryKey !== primaryKey) await identities.update(name, { primaryKey }, 'any');
}
