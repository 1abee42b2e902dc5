/** What the console, the supervisor and commands may do with the local Azure. */
import type { FastifyInstance } from 'fastify';
import { ZodError, prettifyError } from 'zod';
import { ControlError } from '../../wire/control-api.ts';
import { IotHubError } from '../iot-hub/iot-hub-error.ts';
import type { AzureParts } from './azure-parts.ts';
import { addDeviceControl } from './device-control.ts';
import { addEnrollmentControl } from './enrollment-control.ts';
import { peek } from './peek.ts';
import { statusOf } from './status.ts';

const DEFAULT_PEEK = 20;
const MAX_PEEK = 500;

export function addControlRoutes(app: FastifyInstance, parts: AzureParts): void {
  app.setErrorHandler(async (error, _request, reply) => {
    const { statusCode, message } = refusalOf(error);
    await reply.code(statusCode).send({ message });
  });
  app.get('/status', () => statusOf(parts));
  app.get<{ Params: { hub: string }; Querystring: { count?: string } }>(
    '/event-hubs/:hub/peek',
    ({ params, query }) => {
      const count = Number(query.count ?? DEFAULT_PEEK);
      if (parts.eventLog.findHub(params.hub) === undefined) {
        throw new ControlError(404, `There is no event hub '${params.hub}'.`);
      }
      return { events: peek(parts.eventLog, params.hub, Math.min(count || 0, MAX_PEEK)) };
    },
  );
  addDeviceControl(app, parts.hub);
  addEnrollmentControl(app, parts.provisioning);
}

function refusalOf(error: unknown): { statusCode: number; message: string } {
  if (error instanceof IotHubError || error instanceof ControlError) return error;
  if (error instanceof ZodError) return { statusCode: 400, message: prettifyError(error) };
  const message = error instanceof Error ? error.message : String(error);
  return { statusCode: 500, message };
}
