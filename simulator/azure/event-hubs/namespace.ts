/**
 * The event hubs of the local namespace, as the templates in `cloud/infra` make them in Azure, and
 * IoT Hub's built-in endpoint, which is an event hub of its own.
 */

/** An event hub: its name, how many partitions it has and who may read it. */
export interface EventHubDefinition {
  readonly name: string;
  readonly partitionCount: number;
  readonly consumerGroups: readonly string[];
}

/** Name of the event hub that is IoT Hub's built-in endpoint. */
export const BUILT_IN_ENDPOINT = 'iothub-ehub-lab';

/** All event hubs there are; clients can name no others. */
export const EVENT_HUBS: readonly EventHubDefinition[] = [
  {
    name: BUILT_IN_ENDPOINT,
    partitionCount: 4,
    // Stream Analytics allows five readers per group and partition: one group per input.
    consumerGroups: [
      '$Default',
      'hot-path-gateway',
      'hot-path-direct',
      'cold-path',
      'alerts-gateway',
      'alerts-direct',
    ],
  },
  {
    name: 'hot-path',
    partitionCount: 2,
    consumerGroups: ['$Default', 'dashboard', 'function', 'fabric'],
  },
  { name: 'alerts', partitionCount: 2, consumerGroups: ['$Default', 'function', 'dashboard'] },
];

/** Shared access policy of the namespace, with all rights. */
export const NAMESPACE_POLICY = 'RootManageSharedAccessKey';
