import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { controlClient } from '../../../wire/control-api.ts';
import type { ConsoleContext } from '../console-context.ts';
import { parseBody } from '../parse-body.ts';

const LinkCommand = z.object({ command: z.enum(['cut', 'mend']) });
const ModuleCommand = z.object({ id: z.string().min(1), command: z.literal('restart') });

/** The link switch and the gateway's modules. */
export function gatewayRoutes(app: FastifyInstance, { settings, live }: ConsoleContext): void {
  app.post('/api/link', async ({ body }) => {
    const { command } = parseBody(LinkCommand, body);
    await controlClient(settings, 'link').post(`/${command}`);
    await live.refresh();
    return { done: true };
  });

  app.post('/api/modules', async ({ body }) => {
    const { id } = parseBody(ModuleCommand, body);
    const path = `/modules/${encodeURIComponent(id)}/restart`;
    await controlClient(settings, 'edgeAgent').post(path);
    await live.refresh();
    return { done: true };
  });
}
