import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { controlClient } from '../../../wire/control-api.ts';
import type { ConsoleContext } from '../console-context.ts';
import { parseBody } from '../parse-body.ts';

const Id = z.string().min(1).max(128);

const MeterCommand = z.discriminatedUnion('command', [
  z.object({
    id: Id,
    command: z.literal('register'),
    idScope: z.string().optional(),
    groupKey: z.string().optional(),
  }),
  z.object({ id: Id, command: z.literal('pin'), temp: z.number() }),
  z.object({
    id: Id,
    command: z.enum(['install', 'connect', 'disconnect', 'spike', 'dip', 'unpin', 'adopt']),
  }),
  z.object({ id: Id, command: z.literal('release') }),
]);

/** The clicks on the building's windows. */
export function meterRoutes(app: FastifyInstance, { settings, live }: ConsoleContext): void {
  app.post('/api/meters', async ({ body }) => {
    const { id, command, ...parameters } = parseBody(MeterCommand, body);
    if (command === 'release') await release(id);
    else {
      const path = `/meters/${encodeURIComponent(id)}/${command}`;
      await controlClient(settings, 'meters').post(path, parameters);
    }
    await live.refresh();
    return { done: true };
  });

  async function release(id: string): Promise<void> {
    const path = `/devices/${encodeURIComponent(id)}/parent`;
    await controlClient(settings, 'azure').post(path, { parent: null });
  }
}
