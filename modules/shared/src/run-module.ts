/**
 * The life of a module: open the database, connect, run, begin again when the database fails, stop
 * within the time Docker gives.
 */
import { join } from 'node:path';
import type { z } from 'zod';
import type { Clock } from './clock.ts';
import type { ClockWatch } from './clock-watch.ts';
import type { Database } from './database.ts';
import { DurableModule, type DurableCore } from './durable-module.ts';
import type { DesiredProperties, EdgeClient } from './edge-client.ts';
import { messageOf } from './edge-error.ts';
import type { ModuleEnvironment } from './env.ts';
import { startHeartbeat } from './heartbeat.ts';
import { InputGate } from './input-gate.ts';
import { keepRunning, type RunningModule, type StartModule } from './keep-running.ts';
import type { Logger } from './logger.ts';
import type { LossLedger } from './loss-ledger.ts';
import { openState } from './module-state.ts';
import { applyDesired, keptConfig } from './twin-config.ts';

/** Everything of the outside world that a module uses. */
export interface ModuleContext {
  readonly environment: ModuleEnvironment;
  readonly client: EdgeClient;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What outlives a database that failed: each life connects anew. */
export type ProcessContext = Omit<ModuleContext, 'client'> & {
  connect(): Promise<EdgeClient>;
};

/** What a module gets to build its core from. */
export interface CoreContext extends ModuleContext {
  readonly database: Database;
  readonly clockWatch: ClockWatch;
  /** What could not be kept; inside a transaction, use the effects instead. */
  readonly ledger: LossLedger;
}

export interface ModuleDefinition<Shape extends z.ZodRawShape> {
  /** File in the state folder. */
  readonly databaseName: string;
  /** The module's own tables, one SQL script per schema version. */
  readonly migrations: readonly string[];
  /** Desired properties; every one has a default. */
  readonly schema: z.ZodObject<Shape>;
  start(
    context: CoreContext,
    config: z.infer<z.ZodObject<Shape>>,
  ): DurableCore<z.infer<z.ZodObject<Shape>>>;
}

/** Under the ten seconds after which Docker kills a container that was told to stop. */
const STOP_DEADLINE_MS = 8_000;

/**
 * Starts a module. When its database fails, `failed` is called, and only `stop` is left to do.
 *
 * @throws EdgeError DATABASE_IN_USE or DATABASE_DAMAGED
 */
export function startModule<Shape extends z.ZodRawShape>(
  definition: ModuleDefinition<Shape>,
  context: ModuleContext,
  failed: (error: unknown) => void,
): RunningModule {
  const { environment, client, clock, log } = context;
  const path = join(environment.stateFolder, definition.databaseName);
  const { kept: keptValues, close, ...state } = openState(path, definition.migrations, context);
  const kept = keptValues.read('config');
  let config = keptConfig(definition.schema, kept);
  const core = definition.start({ ...context, ...state }, config);
  const module = new DurableModule({ ...context, ...state, core, failed });
  const gate = new InputGate((message) => module.input(message), clock);
  if (kept !== undefined) gate.open();
  const applyTwin = (desired: DesiredProperties) => {
    const applied = applyDesired(definition.schema, config, desired);
    if (applied.problems.length > 0) {
      log.warn(
        { problems: applied.problems },
        'desired properties refused, the last good are kept',
      );
    }
    config = applied.config;
    module.configure(config);
    gate.open();
    log.info({ version: desired.version }, 'configured');
    client.report(applied.reported).catch((error: unknown) => {
      log.warn(
        { reason: messageOf(error) },
        'reported properties not updated until the next connect',
      );
    });
  };
  client.start({
    input: (message) => gate.input(message),
    desired: applyTwin,
    connected: () => module.connected(),
    methods: module.methods,
  });
  return {
    stop: async () => {
      gate.close();
      module.stop();
      await client.close();
      close();
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
  const { heartbeatFile } = environment;
  if (heartbeatFile !== undefined) startHeartbeat(heartbeatFile, context);
  signal.addEventListener('abort', () => {
    setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref();
  });
  const start: StartModule = async (failed) => {
    const module = startModule(definition, { ...context, client: await context.connect() }, failed);
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
