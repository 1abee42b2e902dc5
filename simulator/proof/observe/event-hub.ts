/** The averages and alerts that arrived. */
import { z } from 'zod';
import type { Settings } from '../../wire/settings.ts';
import type { ExpectedAnomaly } from '../oracle/expected-anomalies.ts';
import type { ObservedAverage } from '../oracle/observed.ts';
import { readEventHub } from './whole-event-hub.ts';

const instant = z.string().transform((text) => Date.parse(text));

const Average = z
  .object({
    id: z.string(),
    windowEnd: instant,
    average: z.number(),
    minimum: z.number(),
    maximum: z.number(),
    count: z.number(),
    revision: z.number(),
  })
  .transform(({ windowEnd, ...values }) => ({ ...values, windowEndMs: windowEnd }));

const Alert = z
  .object({ id: z.string(), time: instant })
  .transform(({ id, time }) => ({ id, atMs: time }));

/** Everything on `hot-path`, per partition in order. */
export async function readAverages(settings: Settings): Promise<ObservedAverage[]> {
  return (await bodiesOf(settings, 'hot-path')).map((body) => Average.parse(body));
}

/** Everything on `alerts`. */
export async function readAlerts(settings: Settings): Promise<ExpectedAnomaly[]> {
  return (await bodiesOf(settings, 'alerts')).map((body) => Alert.parse(body));
}

/** An event holds one object, or several when the writer packed them. */
async function bodiesOf(settings: Settings, hub: string): Promise<unknown[]> {
  const bodies: unknown[] = [];
  await readEventHub(settings, hub, ({ body }) => bodies.push(...asArray(body)));
  return bodies;
}

function asArray(body: unknown): readonly unknown[] {
  const list: readonly unknown[] | undefined = Array.isArray(body) ? body : undefined;
  return list ?? [body];
}
