/** The files of `cloud/infra` that an environment is made of. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Sizes } from './core/sizes.ts';
import { UsageError } from './options.ts';

const whole = z.int().min(1);

const SizesSchema: z.ZodType<Sizes> = z.strictObject({
  workload: z.strictObject({
    gateways: z.int().min(0),
    metersBehindGateways: z.int().min(0),
    directMeters: z.int().min(0),
    readingIntervalSeconds: z.number().positive(),
  }),
  iotHub: z.strictObject({
    tier: z.enum(['S1', 'S2', 'S3']),
    units: whole,
    partitions: whole.max(32),
    retentionDays: whole.max(7),
  }),
  eventHubs: z.strictObject({
    throughputUnits: whole,
    maximumThroughputUnits: whole.max(40),
    partitions: whole.max(32),
    retentionHours: whole.max(168),
  }),
  jobs: z.strictObject({ hotPathUnits: whole, coldPathUnits: whole, alertsUnits: whole }),
  storage: z.strictObject({ redundancy: z.string(), coolAfterDays: whole }),
  sql: z.strictObject({
    sku: z.string(),
    tier: z.string(),
    capacity: whole,
    maximumGb: z.int().min(0),
    zoneRedundant: z.boolean(),
  }),
  function: z.strictObject({ instanceMemoryMb: whole, maximumInstances: whole }),
  dashboard: z.strictObject({ sku: z.string(), instances: whole, zoneRedundant: z.boolean() }),
  logs: z.strictObject({ retentionDays: whole, dailyCapGb: z.int() }),
  databricks: z.strictObject({ enabled: z.boolean() }),
  budget: z.strictObject({ monthlyUsd: whole }),
});

/** What is deployed for an environment. */
export interface EnvironmentFiles {
  readonly sizes: Sizes;
  readonly template: string;
  readonly parameters: string;
}

/**
 * Reads an environment.
 *
 * @param infra the folder `cloud/infra`
 * @throws UsageError when there is no such environment, or its sizes are wrong
 */
export function readEnvironment(infra: string, environment: string): EnvironmentFiles {
  const parameters = join(infra, 'environments', `${environment}.bicepparam`);
  const sizesFile = join(infra, 'environments', `${environment}.json`);
  if (!existsSync(parameters) || !existsSync(sizesFile)) {
    throw new UsageError(`There is no environment ${environment}, only ${known(infra)}.`);
  }
  return {
    sizes: readSizes(sizesFile),
    template: join(infra, 'main.bicep'),
    parameters,
  };
}

/**
 * Reads the sizes of an environment.
 *
 * @throws UsageError naming what is wrong
 */
export function readSizes(path: string): Sizes {
  const parsed = SizesSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path: at, message }) => `${at.join('.')}: ${message}`);
  throw new UsageError(`${path}: ${faults.join('; ')}`);
}

function known(infra: string): string {
  const suffix = '.bicepparam';
  return readdirSync(join(infra, 'environments'))
    .filter((name) => name.endsWith(suffix))
    .map((name) => name.slice(0, -suffix.length))
    .join(', ');
}
