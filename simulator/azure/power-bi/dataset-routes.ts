/** The routes of Power BI's REST API for push datasets. Source: its reference, "Push Datasets". */
import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { PUSH_LIMITS } from './core/limits.ts';
import { PushDataset, type Refusal } from './core/push-dataset.ts';
import { COLUMN_TYPES } from './core/table-schema.ts';

const Table = z.object({
  name: z.string().min(1),
  columns: z.array(z.object({ name: z.string().min(1), dataType: z.enum(COLUMN_TYPES) })).min(1),
});
const NewDataset = z.object({ name: z.string().min(1), tables: z.array(Table).min(1) });
const Columns = Table.pick({ columns: true });
const Rows = z.object({ rows: z.array(z.record(z.string(), z.unknown())) });
const Query = z.object({
  defaultRetentionPolicy: z.enum(['basicFIFO', 'None']).default('None'),
});

interface DatasetParams {
  readonly Params: { readonly datasetId: string; readonly tableName: string };
}

const DATASETS = '/v1.0/myorg/groups/:groupId/datasets';
const TABLE = `${DATASETS}/:datasetId/tables/:tableName`;

/** Adds the routes; `datasets` by id. */
export function datasetRoutes(app: FastifyInstance, datasets: Map<string, PushDataset>): void {
  app.get(DATASETS, async () => ({ value: [...datasets.values()].map(describe) }));
  app.post(DATASETS, (request, reply) => {
    const body = NewDataset.safeParse(request.body);
    const query = Query.safeParse(request.query);
    if (!body.success) return malformed(reply, body.error);
    if (!query.success) return malformed(reply, query.error);
    const dataset = new PushDataset(
      randomUUID(),
      body.data.name,
      query.data.defaultRetentionPolicy,
    );
    for (const table of body.data.tables) {
      const refusal = dataset.setTable(table);
      if (refusal !== undefined) return refuse(reply, refusal);
    }
    datasets.set(dataset.id, dataset);
    return reply.code(201).send(describe(dataset));
  });
  tableRoutes(app, datasets);
}

function tableRoutes(app: FastifyInstance, datasets: ReadonlyMap<string, PushDataset>): void {
  app.put<DatasetParams>(TABLE, ({ params, body }, reply) => {
    const dataset = datasets.get(params.datasetId);
    const columns = Columns.safeParse(body);
    if (dataset === undefined) return refuse(reply, noDataset(params.datasetId));
    if (!columns.success) return malformed(reply, columns.error);
    return answer(reply, dataset.setTable({ name: params.tableName, ...columns.data }));
  });
  const pending = new Map<string, number>();
  app.post<DatasetParams>(
    `${TABLE}/rows`,
    { onRequest: async ({ params }, reply) => limitPending(pending, params.datasetId, reply) },
    ({ params, body }, reply) => {
      const dataset = datasets.get(params.datasetId);
      const rows = Rows.safeParse(body);
      if (dataset === undefined) return refuse(reply, noDataset(params.datasetId));
      if (!rows.success) return malformed(reply, rows.error);
      return answer(reply, dataset.push(params.tableName, rows.data.rows, Date.now()));
    },
  );
  app.delete<DatasetParams>(`${TABLE}/rows`, ({ params }, reply) => {
    const dataset = datasets.get(params.datasetId);
    if (dataset === undefined) return refuse(reply, noDataset(params.datasetId));
    return answer(reply, dataset.clear(params.tableName));
  });
}

/** Counts requests from their first byte to their answer. */
async function limitPending(
  pending: Map<string, number>,
  datasetId: string,
  reply: FastifyReply,
): Promise<void> {
  const count = pending.get(datasetId) ?? 0;
  if (count >= PUSH_LIMITS.pendingRequests) {
    const message = `${PUSH_LIMITS.pendingRequests} requests are pending already`;
    return refuse(reply, {
      status: 429,
      code: 'TooManyRequests',
      message,
      retryAfterSeconds: 1,
    });
  }
  pending.set(datasetId, count + 1);
  reply.raw.once('close', () => pending.set(datasetId, (pending.get(datasetId) ?? 1) - 1));
}

function describe({ id, name, retention }: PushDataset) {
  return { id, name, addRowsAPIEnabled: true, defaultRetentionPolicy: retention };
}

function noDataset(id: string): Refusal {
  return { status: 404, code: 'PowerBIEntityNotFound', message: `there is no dataset ${id}` };
}

function malformed(reply: FastifyReply, error: z.ZodError): FastifyReply {
  return refuse(reply, {
    status: 400,
    code: 'InvalidRequest',
    message: z.prettifyError(error),
  });
}

function answer(reply: FastifyReply, refusal: Refusal | undefined): FastifyReply {
  return refusal === undefined ? reply.code(200).send() : refuse(reply, refusal);
}

function refuse(
  reply: FastifyReply,
  { status, code, message, retryAfterSeconds }: Refusal,
): FastifyReply {
  if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds);
  return reply.code(status).send({ error: { code, message } });
}
