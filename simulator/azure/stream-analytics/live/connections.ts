/** Makes the live ends of a project's inputs and outputs on this machine. */
import {
  eventHubsConnectionString,
  storageConnectionString,
} from '../../../wire/connection-strings.ts';
import type { Settings } from '../../../wire/settings.ts';
import { sqlClientConfig } from '../../../wire/sql-connection.ts';
import { BUILT_IN_ENDPOINT } from '../../event-hubs/namespace.ts';
import type { OutputDefinition, ProjectDefinition } from '../project-files.ts';
import { BlobOutput } from './blob-output.ts';
import { EventHubInput, type EventHubInputOptions } from './event-hub-input.ts';
import { EventHubOutput } from './event-hub-output.ts';
import type { LiveOutput } from './live-output.ts';
import { PowerBiOutput } from './power-bi-output.ts';
import type { RetryContext } from './retry.ts';
import { SqlOutput } from './sql-output.ts';

/** Where inputs read and outputs write. */
export interface Connections {
  input(
    options: Omit<EventHubInputOptions, 'consumerGroup' | 'connectionString'>,
    context: RetryContext,
  ): EventHubInput;
  output(alias: string, context: RetryContext): LiveOutput;
}

/** Inputs read the built-in endpoint; outputs write event hubs, Azurite and the local Azure SQL. */
export function localConnections(
  settings: Settings,
  project: ProjectDefinition,
  caPem: string,
): Connections {
  return {
    input: (options, context) => {
      const { consumerGroup } = definitionOf(project.inputs, options.alias);
      const connectionString = eventHubsConnectionString(settings, BUILT_IN_ENDPOINT);
      return new EventHubInput({ ...options, consumerGroup, connectionString }, context);
    },
    output: (alias, context) => {
      const definition = definitionOf(project.outputs, alias);
      const errorPolicy = project.outputErrorPolicy;
      if (definition.kind !== 'sql') return liveOutput(settings, definition, errorPolicy, context);
      const { database, table, maxBatchCount } = definition;
      const connection = { ...sqlClientConfig(settings, 'stream-analytics', caPem), database };
      return new SqlOutput({ connection, table, maxBatchCount, errorPolicy }, context);
    },
  };
}

function liveOutput(
  settings: Settings,
  definition: Exclude<OutputDefinition, { kind: 'sql' }>,
  errorPolicy: ProjectDefinition['outputErrorPolicy'],
  context: RetryContext,
): LiveOutput {
  switch (definition.kind) {
    case 'eventHub': {
      const { hub, partitionKey } = definition;
      const connectionString = eventHubsConnectionString(settings, hub);
      return new EventHubOutput({ connectionString, partitionKey, errorPolicy }, context);
    }
    case 'blob': {
      const { container, pathPattern } = definition;
      const connectionString = storageConnectionString(settings);
      return new BlobOutput({ connectionString, container, pathPattern }, context);
    }
    case 'powerBi': {
      const apiUrl = `http://127.0.0.1:${settings.ports.powerBi}`;
      const token = settings.secrets.controlToken;
      return new PowerBiOutput({ ...definition, apiUrl, token }, context);
    }
  }
}

function definitionOf<T extends { readonly alias: string }>(all: readonly T[], alias: string): T {
  const found = all.find((each) => each.alias.toLowerCase() === alias.toLowerCase());
  if (found === undefined) throw new Error(`the project has no ${alias}`);
  return found;
}
