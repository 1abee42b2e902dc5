/**
 * Desired properties of a module twin to configuration, property by property.
 *
 * Invariants:
 * - a bad desired property never stops a module: the last good value stays;
 * - each property is reported as value, code, version and description, as IoT Plug and Play does.
 *
 * Source: learn.microsoft.com/azure/iot/concepts-convention, "Writable properties".
 */
import { z } from 'zod';
import type { DesiredProperties } from './edge-client.ts';

/** How a desired property was received: `ac` 200 taken, 400 refused; `av` the version it came with. */
export interface ReportedProperty {
  readonly value: unknown;
  readonly ac: 200 | 400;
  readonly av: number;
  readonly ad: string;
}

/** The configuration that follows from a twin, and what to report of it. */
export interface AppliedTwin<Config> {
  readonly config: Config;
  readonly reported: Readonly<Record<string, ReportedProperty>>;
  /** One sentence for each refused property. */
  readonly problems: readonly string[];
}

/**
 * Applies desired properties onto the last good configuration.
 *
 * A property that is absent takes its default; one that the schema does not know is refused.
 */
export function applyDesired<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  lastGood: z.infer<z.ZodObject<Shape>>,
  { version, properties }: DesiredProperties,
): AppliedTwin<z.infer<z.ZodObject<Shape>>> {
  const good: Record<string, unknown> = { ...lastGood };
  const reported: Record<string, ReportedProperty> = {};
  const problems: string[] = [];
  const refuse = (name: string, reason: string) => {
    reported[name] = { value: good[name] ?? null, ac: 400, av: version, ad: reason };
    problems.push(`${name}: ${reason}`);
  };
  for (const name of Object.keys(schema.shape)) {
    const parsed = z.safeParse(z.object({ [name]: propertyOf(schema, name) }), properties);
    if (parsed.success) {
      good[name] = parsed.data[name];
      reported[name] = { value: good[name], ac: 200, av: version, ad: describe(name, properties) };
    } else refuse(name, parsed.error.issues[0]?.message ?? 'not usable');
  }
  for (const name of Object.keys(properties)) {
    if (!(name in schema.shape)) refuse(name, 'no such property');
  }
  return { config: schema.parse(good), reported, problems };
}

/** The configuration of an earlier run, or the defaults when there is none that still fits. */
export function keptConfig<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  kept: unknown,
): z.infer<z.ZodObject<Shape>> {
  const parsed = schema.safeParse(kept);
  return parsed.success ? parsed.data : schema.parse({});
}

function propertyOf(schema: z.ZodObject, name: string): z.core.$ZodType {
  const property = schema.shape[name];
  if (property === undefined) throw new Error(`no property ${name}`);
  return property;
}

function describe(name: string, properties: Readonly<Record<string, unknown>>): string {
  return name in properties ? 'desired' : 'default';
}
