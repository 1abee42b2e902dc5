/**
 * The workload API of the IoT Edge runtime, as the SDK of a module calls it.
 *
 * Source: Azure/iotedge edgelet/api/workloadVersion_2018_06_28.yaml. Unlike the real daemon it does
 * not check which process asks: everything on this machine belongs to one user.
 */
import { fastify, type FastifyInstance } from 'fastify';
import { z } from 'zod';

/** Signs with a module's key; undefined for an unknown module. */
export type Sign = (moduleId: string, data: Buffer) => string | undefined;

const SignPath = z.object({ moduleId: z.string(), generationId: z.string() });
const SignRequest = z.object({ data: z.base64() });

/** Serves trust bundle and signatures on 127.0.0.1. */
export async function startWorkloadApi(options: {
  readonly port: number;
  readonly trustBundlePem: string;
  readonly sign: Sign;
}): Promise<{ stop(): Promise<void> }> {
  const app = fastify({ forceCloseConnections: true });
  app.get('/trust-bundle', () => ({ certificate: options.trustBundlePem }));
  addSign(app, options.sign);
  app.setNotFoundHandler(async (request, reply) => {
    const message = `${request.method} ${request.url} is not supported by the local workload API`;
    await reply.code(404).send({ message });
  });
  await app.listen({ host: '127.0.0.1', port: options.port });
  return { stop: () => app.close() };
}

function addSign(app: FastifyInstance, sign: Sign): void {
  app.post('/modules/:moduleId/genid/:generationId/sign', async (request, reply) => {
    const { moduleId } = SignPath.parse(request.params);
    const body = SignRequest.safeParse(request.body);
    if (!body.success) {
      return reply.code(400).send({ message: 'The body needs data, base64.' });
    }
    const digest = sign(moduleId, Buffer.from(body.data.data, 'base64'));
    if (digest === undefined) {
      return reply.code(404).send({ message: `The module ${moduleId} is not deployed here.` });
    }
    return { digest };
  });
}
