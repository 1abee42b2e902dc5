/** A module on what its database holds, mended as far as it takes. */
import { join } from 'node:path';
import type { z } from 'zod';
import { DurableModule } from './durable-module.ts';
import { messageOf } from './edge-error.ts';
import { openState } from './module-state.ts';
import type { ModuleContext, ModuleDefinition } from './module-definition.ts';
import { isContentFault, suspect, type SalvageDepth } from './salvage/mending.ts';
import { keptConfig } from './twin-config.ts';

/** A module that has its state and waits for a connection. */
export interface BegunModule<Config> {
  readonly module: DurableModule<Config>;
  readonly config: Config;
  /** Whether the configuration is of a twin, not the defaults. */
  readonly isConfigured: boolean;
  readonly close: () => void;
}

/** How thoroughly what makes no sense is mended, one after the other. */
const ATTEMPTS: readonly (SalvageDepth | undefined)[] = [undefined, 1, 2, 3];

/**
 * Opens the state and builds the module on it.
 *
 * @throws EdgeError DATABASE_IN_USE, DATABASE_UNAVAILABLE, DATABASE_NEWER or DATABASE_DAMAGED
 */
export function beginModule<Shape extends z.ZodRawShape>(
  definition: ModuleDefinition<Shape>,
  context: ModuleContext,
  failed: (error: unknown) => void,
): BegunModule<z.infer<z.ZodObject<Shape>>> {
  let fault: unknown;
  for (const depth of ATTEMPTS) {
    try {
      return begin(definition, { context, depth }, failed);
    } catch (error) {
      if (!isContentFault(error)) throw error;
      context.log.error({ reason: messageOf(error) }, 'what the database holds makes no sense');
      fault = error;
    }
  }
  throw fault;
}

function begin<Shape extends z.ZodRawShape>(
  definition: ModuleDefinition<Shape>,
  { context, depth }: { context: ModuleContext; depth: SalvageDepth | undefined },
  failed: (error: unknown) => void,
): BegunModule<z.infer<z.ZodObject<Shape>>> {
  const { environment, clock } = context;
  const path = join(environment.stateFolder, definition.databaseName);
  const { close, ...state } = openState(path, definition, context, depth);
  try {
    const kept = state.kept.read('config');
    const salvaged = state.kept.read('salvage');
    const config = keptConfig(definition.schema, kept);
    const core = definition.start({ ...context, ...state }, config);
    const broken = (error: unknown): void => {
      if (isContentFault(error)) suspect(path, salvaged, clock.nowMs());
      failed(error);
    };
    const { lostKind = 'telemetry' } = definition;
    const module = new DurableModule({ ...context, ...state, core, lostKind, failed: broken });
    return { module, config, isConfigured: kept !== undefined, close };
  } catch (error) {
    close();
    throw error;
  }
}
