/** What a module is made of, and what it is given to begin with. */
import type { z } from 'zod';
import type { Clock } from './clock.ts';
import type { ClockWatch } from './clock-watch.ts';
import type { Database } from './database.ts';
import type { DurableCore } from './durable-core.ts';
import type { EdgeClient } from './edge-client.ts';
import type { ModuleEnvironment } from './env.ts';
import type { FailedTakes } from './failed-takes.ts';
import type { Logger } from './logger.ts';
import type { LossLedger } from './loss-ledger.ts';
import type { MetricsEndpoint } from './metrics-endpoint.ts';
import type { StateDefinition } from './module-state.ts';

/** Everything of the outside world that a module uses. */
export interface ModuleContext {
  readonly environment: ModuleEnvironment;
  readonly client: EdgeClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics?: MetricsEndpoint | undefined;
  /** What earlier lives of the module in this process failed at. */
  readonly failedTakes?: FailedTakes | undefined;
}

/** What a module gets to build its core from. */
export interface CoreContext extends ModuleContext {
  readonly database: Database;
  readonly clockWatch: ClockWatch;
  /** What could not be kept; inside a transaction, use the effects instead. */
  readonly ledger: LossLedger;
}

/** A module as its own code describes it. */
export interface ModuleDefinition<Shape extends z.ZodRawShape> extends StateDefinition {
  /** File in the state folder. */
  readonly databaseName: string;
  /** Desired properties; every one has a default. */
  readonly schema: z.ZodObject<Shape>;
  start(
    context: CoreContext,
    config: z.infer<z.ZodObject<Shape>>,
  ): DurableCore<z.infer<z.ZodObject<Shape>>>;
}
