/**
 * Reads a Stream Analytics project folder: the very files that are deployed.
 *
 * Source: the project format of the Stream Analytics tools for Visual Studio Code.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { TimePolicySettings } from './core/time-policy.ts';

const Project = z.object({
  startFile: z.string(),
  configurations: z.array(z.object({ filePath: z.string(), subType: z.string() })),
});

const JobConfig = z.object({
  /** Absent means -1. */
  EventsLateArrivalMaxDelayInSeconds: z.int().min(-1).max(1_814_399).default(-1),
  EventsOutOfOrderMaxDelayInSeconds: z.int().min(0).default(0),
  EventsOutOfOrderPolicy: z.enum(['Adjust', 'Drop']).default('Adjust'),
  OutputErrorPolicy: z.enum(['Retry', 'Stop', 'Drop']).default('Retry'),
});

const IoTHubInput = z.object({
  Name: z.string(),
  DataSourceType: z.literal('IoT Hub'),
  IoTHubProperties: z.object({ ConsumerGroupName: z.string() }),
  Serialization: z.object({ Type: z.literal('Json') }),
});

const EventHubOutput = z.object({
  Name: z.string(),
  DataSourceType: z.literal('Event Hub'),
  EventHubProperties: z.object({
    EventHubName: z.string(),
    PartitionKey: z.string().nullable().default(null),
  }),
  Serialization: z.object({ Type: z.literal('Json') }),
});

const BlobOutput = z.object({
  Name: z.string(),
  DataSourceType: z.literal('Blob Storage'),
  BlobStorageProperties: z.object({ Container: z.string(), PathPattern: z.string() }),
  Serialization: z.object({ Type: z.literal('Csv'), FieldDelimiter: z.literal(',') }),
});

const PowerBiOutput = z.object({
  Name: z.string(),
  DataSourceType: z.literal('Power BI'),
  PowerBIProperties: z.object({ GroupId: z.string(), Dataset: z.string(), Table: z.string() }),
});

const SqlOutput = z.object({
  Name: z.string(),
  DataSourceType: z.literal('SQL Database'),
  SQLDatabaseProperties: z.object({
    Database: z.string(),
    Table: z.string(),
    MaxBatchCount: z.int().min(1).max(1_000_000).default(10_000),
  }),
});

const Output = z.discriminatedUnion('DataSourceType', [
  EventHubOutput,
  BlobOutput,
  PowerBiOutput,
  SqlOutput,
]);

/** Where an input's events come from: IoT Hub's built-in endpoint. */
export interface InputDefinition {
  readonly alias: string;
  readonly consumerGroup: string;
}

/** Where an output's rows go. */
export type OutputDefinition =
  | {
      readonly kind: 'eventHub';
      readonly alias: string;
      readonly hub: string;
      /** Column whose equal values keep their order; null spreads rows over the partitions. */
      readonly partitionKey: string | null;
    }
  | {
      readonly kind: 'blob';
      readonly alias: string;
      readonly container: string;
      /** May hold one `{column}`. */
      readonly pathPattern: string;
    }
  | {
      readonly kind: 'powerBi';
      readonly alias: string;
      /** Id of the workspace. */
      readonly groupId: string;
      readonly dataset: string;
      readonly table: string;
    }
  | {
      readonly kind: 'sql';
      readonly alias: string;
      readonly database: string;
      /** With its schema, in brackets or not. */
      readonly table: string;
      /** Rows that are loaded together at most. */
      readonly maxBatchCount: number;
    };

/** One query file. Its name is the job's. */
export interface JobDefinition {
  readonly name: string;
  readonly query: string;
}

/** A project folder. */
export interface ProjectDefinition {
  readonly timePolicy: TimePolicySettings;
  /** What happens to a row that its output cannot take; what will pass is always tried again. */
  readonly outputErrorPolicy: 'retry' | 'drop';
  readonly inputs: readonly InputDefinition[];
  readonly outputs: readonly OutputDefinition[];
  readonly jobs: readonly JobDefinition[];
}

/** What is off unless somebody switches it on. */
export interface ProjectOptions {
  /** Appends `options/power-bi.asaql` to the hot path, with its outputs. */
  readonly powerBi?: boolean;
}

const POWER_BI_JOB = 'hot-path';
const POWER_BI_QUERY = 'options/power-bi.asaql';
const POWER_BI_OUTPUTS = ['options/PowerBiFromGateways.json', 'options/PowerBiOfDirectMeters.json'];

/** @throws Error naming the file and the field that is missing or not supported */
export function readProject(
  folder: string,
  { powerBi = false }: ProjectOptions = {},
): ProjectDefinition {
  const { configurations } = readJson(folder, 'asaproj.json', Project);
  const files = (subType: string): string[] =>
    configurations.filter((each) => each.subType === subType).map(({ filePath }) => filePath);
  const [jobConfig = 'JobConfig.json'] = files('JobConfig');
  const config = readJson(folder, jobConfig, JobConfig);
  return {
    timePolicy: {
      lateArrivalSeconds: config.EventsLateArrivalMaxDelayInSeconds,
      outOfOrderSeconds: config.EventsOutOfOrderMaxDelayInSeconds,
      action: config.EventsOutOfOrderPolicy,
    },
    outputErrorPolicy: config.OutputErrorPolicy === 'Drop' ? 'drop' : 'retry',
    inputs: files('Input').map((file) => {
      const { Name, IoTHubProperties } = readJson(folder, file, IoTHubInput);
      return { alias: Name, consumerGroup: IoTHubProperties.ConsumerGroupName };
    }),
    outputs: [...files('Output'), ...(powerBi ? POWER_BI_OUTPUTS : [])].map((file) =>
      outputDefinition(readJson(folder, file, Output)),
    ),
    jobs: readdirSync(folder)
      .filter((file) => file.endsWith('.asaql'))
      .toSorted()
      .map((file) => file.slice(0, -'.asaql'.length))
      .map((name) => ({
        name,
        query: [`${name}.asaql`, ...(powerBi && name === POWER_BI_JOB ? [POWER_BI_QUERY] : [])]
          .map((file) => readFileSync(join(folder, file), 'utf8'))
          .join('\n'),
      })),
  };
}

function outputDefinition(output: z.infer<typeof Output>): OutputDefinition {
  if (output.DataSourceType === 'Blob Storage') {
    const { Container, PathPattern } = output.BlobStorageProperties;
    return { kind: 'blob', alias: output.Name, container: Container, pathPattern: PathPattern };
  }
  if (output.DataSourceType === 'Power BI') {
    const { GroupId: groupId, Dataset: dataset, Table: table } = output.PowerBIProperties;
    return { kind: 'powerBi', alias: output.Name, groupId, dataset, table };
  }
  if (output.DataSourceType === 'SQL Database') {
    const { Database: database, Table: table, MaxBatchCount } = output.SQLDatabaseProperties;
    return { kind: 'sql', alias: output.Name, database, table, maxBatchCount: MaxBatchCount };
  }
  const { EventHubName, PartitionKey } = output.EventHubProperties;
  return { kind: 'eventHub', alias: output.Name, hub: EventHubName, partitionKey: PartitionKey };
}

/** Reads and checks a JSON file; paths in project files may have back-slashes. */
export function readJson<T extends z.ZodType>(folder: string, file: string, schema: T): z.infer<T> {
  const path = join(folder, file.replaceAll('\\', '/'));
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`${path} cannot be read: ${describe(error)}`, { cause: error });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new Error(`${path} is not usable: ${z.prettifyError(parsed.error)}`);
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
