/**
 * The life of a module: open the database, connect, run, begin again when the database fails or a message
 * cannot be taken, stop within the time Docker gives.
 */
import type { z } from 'zod';
import { beginModule } from './begin-module.ts';
import type { EdgeClient } from './edge-client.ts';
import { FailedTakes } from './failed-takes.ts';
import type { Figures } from './figures.ts';
import { startHeartbeat } from './heartbeat.ts';
import { InputGate } from './input-gate.ts';
import { keepRunning, type RunningModule, type StartModule } from './keep-running.ts';
import { openMetrics } from './metrics-endpoint.ts';
import type { ModuleContext, ModuleDefinition } from './module-definition.ts';
import { ModuleTwin } from './module-twin.ts';
import { giveBackAtRest, limitHeapGrowth } from './small-heap.ts';
import { StatusReport } from './status-report.ts';

/** What outlives a failure: each life connects anew. */
export type ProcessContext = Omit<ModuleContext, 'client' | 'metrics' | 'failedTakes'> & {
  connect(): Promise<EdgeClient>;
};

/** A module that was started. */
export interface StartedModule extends RunningModule {
  figures(): Figures;
}

/** Under the ten seconds after which Docker kills a container that was told to stop. */
const STOP_DEADLINE_MS = 8_000;

/**
 * Starts a module. When its database fails, or a message does, `failed` is called, and only `stop` is left to do.
 *
 * @throws EdgeError DATABASE_IN_USE, DATABASE_UNAVAILABLE, DATABASE_NEWER or DATABASE_DAMAGED
 */
export function startModule<Shape extends z.ZodRawShape>(
  definition: ModuleDefinition<Shape>,
  context: ModuleContext,
  failed: (error: unknown) => void,
): StartedModule {
  const { client, clock, log, metrics } = context;
  const { module, config, isConfigured, close } = beginModule(definition, context, failed);
  const gate = new InputGate((message) => module.input(message), clock);
  if (isConfigured) gate.open();
  const configure = (good: z.infer<z.ZodObject<Shape>>) => {
    module.configure(good);
    gate.open();
  };
  const { schema } = definition;
  const twin = new ModuleTwin({ schema, config, client, log, configure });
  const read = () => module.figures();
  const report = new StatusReport({ client, clock, log, read });
  const unfollow = metrics?.follow(read);
  client.start({
    input: (message) => gate.input(message),
    desired: (desired) => {
      twin.desired(desired);
      report.desired();
    },
    connected: () => {
      module.connected();
      report.connected();
    },
    methods: module.methods,
  });
  return {
    figures: read,
    stop: async () => {
      unfollow?.();
      report.stop();
      gate.close();
      try {
        module.stop();
        await client.close();
      } finally {
        close();
      }
    },
  };
}

/** Runs a module until the signal, then ends the process. */
export async function runModule<Shape extends z.ZodRawShape>(
  definition: ModuleDefinition<Shape>,
  context: ProcessContext,
  signal: AbortSignal,
): Promise<never> {
  const { environment, log } = context;
  limitHeapGrowth();
  giveBackAtRest(context.clock);
  const heartbeat = startHeartbeat(environment.heartbeatFile, context);
  const metrics = await openMetrics(environment, log);
  signal.addEventListener('abort', () => {
    setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref();
  });
  const failedTakes = new FailedTakes();
  const start: StartModule = async (failed) => {
    const client = await context.connect();
    const life = { ...context, client, metrics, failedTakes };
    const module = heartbeat.opening(() => startModule(definition, life, failed));
    log.info('started');
    return module;
  };
  await keepRunning(start, context, signal);
  log.info('stopped');
  process.exit(0);
}

/** Aborts on SIGTERM, as Docker sends it, and on SIGINT. */
export function shutdownSignal(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGTERM', () => controller.abort());
  process.once('SIGINT', () => controller.abort());
  return controller.signal;
}
