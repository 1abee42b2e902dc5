/**
 * The module's side of its twin.
 *
 * Invariants:
 * - whatever the twin says, the module has a good configuration: a bad property is refused as a whole;
 * - every property's fate is reported, and after each connect also the status.
 */
import type { z } from 'zod';
import type { DesiredProperties, EdgeClient } from './edge-client.ts';
import { messageOf } from './edge-error.ts';
import type { Logger } from './logger.ts';
import { applyDesired } from './twin-config.ts';

export interface ModuleTwinParts<Shape extends z.ZodRawShape> {
  readonly schema: z.ZodObject<Shape>;
  /** The last good configuration. */
  readonly config: z.infer<z.ZodObject<Shape>>;
  readonly client: EdgeClient;
  readonly log: Logger;
  configure(config: z.infer<z.ZodObject<Shape>>): void;
}

export class ModuleTwin<Shape extends z.ZodRawShape> {
  readonly #parts: ModuleTwinParts<Shape>;
  #config: z.infer<z.ZodObject<Shape>>;

  constructor(parts: ModuleTwinParts<Shape>) {
    this.#parts = parts;
    this.#config = parts.config;
  }

  /** Takes the whole set of desired properties. */
  desired(desired: DesiredProperties): void {
    const { schema, client, log } = this.#parts;
    const { config, problems, reported } = applyDesired(schema, this.#config, desired);
    if (problems.length > 0) {
      log.warn({ problems }, 'desired properties refused, the last good are kept');
    }
    this.#config = config;
    this.#parts.configure(config);
    log.info({ version: desired.version }, 'configured');
    client.report(reported).catch((error: unknown) => {
      const reason = messageOf(error);
      log.warn({ reason }, 'reported properties not updated until the next connect');
    });
  }
}
