import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { controlClient } from '../../../wire/control-api.ts';
import type { ConsoleContext } from '../console-context.ts';
import { parseBody } from '../parse-body.ts';

const JobCommand = z.object({ name: z.string().min(1), command: z.enum(['start', 'stop']) });
const GroupCommand = z.object({ enabled: z.boolean() });
const Peek = z.object({ hub: z.string().min(1) });
const FolderQuery = z.object({ prefix: z.string().max(1_024).default('') });
const FileQuery = z.object({ path: z.string().min(1).max(1_024) });

const PEEK_COUNT = 20;

/** Local Azure's resources: Device Provisioning, jobs, event hubs, the archive. */
export function azureRoutes(app: FastifyInstance, context: ConsoleContext): void {
  const { settings, live, archive } = context;
  const azure = controlClient(settings, 'azure');

  // A POST, so that the checks of a changing request guard the secret.
  app.post('/api/enrollment-group/key', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
    return azure.get('/enrollment-group/key');
  });

  app.post('/api/enrollment-group', async ({ body }) => {
    await azure.post('/enrollment-group', parseBody(GroupCommand, body));
    await live.refresh();
    return { done: true };
  });

  app.post('/api/jobs', async ({ body }) => {
    const { name, command } = parseBody(JobCommand, body);
    const path = `/jobs/${encodeURIComponent(name)}/${command}`;
    await controlClient(settings, 'jobs').post(path);
    await live.refresh();
    return { done: true };
  });

  app.get('/api/event-hubs/peek', async ({ query }) => {
    const { hub } = parseBody(Peek, query);
    return azure.get(`/event-hubs/${encodeURIComponent(hub)}/peek?count=${PEEK_COUNT}`);
  });

  app.get('/api/archive', ({ query }) => archive.list(parseBody(FolderQuery, query).prefix));
  app.get('/api/archive/file', ({ query }) => archive.read(parseBody(FileQuery, query).path));
}
