/** edgeHub: routes, queues and twins of one gateway, for its modules and the meters behind it. */
import { ensureCertificates } from '../../wire/certificates.ts';
import type { LocalProcessContext, RunningService } from '../../wire/local-process.ts';
import { startMqttFront } from '../../wire/mqtt-front/start-mqtt-front.ts';
import { startHubControl } from './control.ts';
import { startMetrics, type HubMetrics } from './metrics.ts';
import { EdgeHubHandler } from './mqtt-handler.ts';
import { makeParts, type EdgeHubParts } from './parts.ts';

/** The largest MQTT packet the real edgeHub takes, bytes. Source: MaxInboundMessageSize. */
const MAX_PACKET_BYTES = 262_144;
/** How often tokens are checked again. Source: Azure/iotedge, CommonModule.cs. */
const REAUTHENTICATION_INTERVAL_MS = 300_000;

/** Starts edgeHub; it serves when this resolves. */
export async function startEdgeHub(context: LocalProcessContext): Promise<RunningService> {
  const { settings, log } = context;
  const certificates = await ensureCertificates(settings);
  const parts = makeParts(context, certificates);
  startUpstream(parts);
  const front = await startMqttFront({
    port: settings.ports.edgeHubMqtt,
    tls: { cert: certificates.serverCertPem, key: certificates.serverKeyPem },
    handler: new EdgeHubHandler(parts),
    maxPacketBytes: MAX_PACKET_BYTES,
    log,
  });
  const metrics = await startMetrics(settings.ports.edgeHubMetrics, () =>
    readMetrics(parts, settings.iotHubHostName),
  );
  const control = await startHubControl(settings, parts);
  const reauthentication = setInterval(() => closeStrangers(parts), REAUTHENTICATION_INTERVAL_MS);
  const stop = async () => {
    clearInterval(reauthentication);
    await Promise.all([control.stop(), metrics.stop(), front.stop()]);
    await stopParts(parts);
  };
  let stopped: Promise<void> | undefined;
  return { stop: () => (stopped ??= stop()) };
}

function startUpstream({ scope, uplinks, upstream, gatewayId, log, ...parts }: EdgeHubParts): void {
  scope.onRefreshed(() => {
    uplinks.dialNow();
    closeStrangers({ scope, ...parts });
  });
  upstream.attach({ deliver: (message) => uplinks.deliver(message) });
  // The gateway's own connection shows whether IoT Hub can be reached.
  uplinks.of({ deviceId: gatewayId });
  scope.refresh().catch((error: unknown) => log.info({ err: error }, 'scope not fetched yet'));
}

/** Ends connections whose token has expired, or whose identity was removed or disabled. */
function closeStrangers({ clients, scope }: Pick<EdgeHubParts, 'clients' | 'scope'>): void {
  for (const connection of clients.all()) {
    const { identity } = connection;
    if (identity.tokenExpiryMs <= Date.now()) connection.close('the token has expired');
    else if (scope.keysOf(identity).length === 0) connection.close('no longer in the scope');
  }
}

function readMetrics(parts: EdgeHubParts, hubHostName: string): HubMetrics {
  const { gatewayId, queues, clients, counters, deliveries, upstream } = parts;
  return {
    hubHostName,
    gatewayId,
    queues: queues.lengths(),
    connectedClients: clients.all().length,
    received: counters.receivedCount,
    delivered: deliveries.delivered + upstream.delivered,
    dropped: new Map([...counters.droppedCounts, ['ttl_expiry' as const, queues.expired]]),
  };
}

async function stopParts(parts: EdgeHubParts): Promise<void> {
  const { deliveries, upstream, uplinks, queues, database } = parts;
  deliveries.stop();
  upstream.stop();
  uplinks.stop();
  // Commits that are due in this turn of the event loop come first.
  await new Promise((resolve) => setImmediate(resolve));
  queues.flush();
  database.close();
}
