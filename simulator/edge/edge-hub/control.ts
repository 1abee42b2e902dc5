/** What console, supervisor and tests ask of edgeHub. */
import { z } from 'zod';
import { ControlError, startControlApi } from '../../wire/control-api.ts';
import type { Settings } from '../../wire/settings.ts';
import type { EdgeHubParts } from './parts.ts';
import { UPSTREAM_ENDPOINT } from './routes/router.ts';

const ModuleMethod = z.object({ moduleId: z.string(), name: z.string() });

/** Serves edgeHub's control API. */
export function startHubControl(
  settings: Settings,
  parts: EdgeHubParts,
): Promise<{ stop(): Promise<void> }> {
  return startControlApi(settings, 'edgeHub', (app) => {
    app.get('/status', () => status(parts));
    app.post('/modules/:moduleId/methods/:name', async (request) => {
      const { moduleId, name } = ModuleMethod.parse(request.params);
      const target = { deviceId: parts.gatewayId, moduleId };
      const payload = JSON.stringify(request.body ?? null);
      const response = await parts.methods.invoke(target, name, payload);
      return { status: response.status, payload: parsePayload(response.payload) };
    });
    app.post('/scope/refresh', async () => {
      await parts.scope.refresh().catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        throw new ControlError(503, `The device scope was not fetched: ${reason}`);
      });
      return {};
    });
  });
}

function status(parts: EdgeHubParts): object {
  const { gatewayId, queues, clients, counters, deliveries, upstream, uplinks } = parts;
  const endpoints = queues.lengths();
  const up = endpoints.filter(({ endpoint }) => endpoint === UPSTREAM_ENDPOINT);
  return {
    clients: clients.all().map(({ clientId }) => ({ id: clientId, connected: true })),
    endpoints,
    upstream: {
      connected: uplinks.of({ deviceId: gatewayId }).connected,
      queued: up.reduce((total, { queued }) => total + queued, 0),
    },
    received: counters.receivedCount,
    delivered: deliveries.delivered + upstream.delivered,
    redelivered: deliveries.redelivered,
    dropped: Object.fromEntries(counters.droppedCounts),
    expired: queues.expired,
  };
}

function parsePayload(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return text;
  }
}
