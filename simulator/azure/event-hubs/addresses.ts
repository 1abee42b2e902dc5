/**
 * What the addresses of AMQP links mean in an Event Hubs namespace.
 *
 * Source: learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide and what
 * `@azure/event-hubs` opens.
 */

/** A node of the namespace. */
export type Node =
  /** Where tokens are put. */
  | { readonly kind: 'cbs' }
  /** Where hubs and partitions are asked about. */
  | { readonly kind: 'management' }
  /** Where events are sent: a hub, or one of its partitions. */
  | { readonly kind: 'hub'; readonly hub: string; readonly partitionId?: string }
  /** Where events are read. */
  | {
      readonly kind: 'consumer-group';
      readonly hub: string;
      readonly consumerGroup: string;
      readonly partitionId: string;
    };

const HUB_PATH = /^([^/]+)(?:\/ConsumerGroups\/([^/]+))?(?:\/Partitions\/([^/]+))?$/i;

/** Reads a link's address; undefined when it means nothing here. */
export function parseAddress(address: string): Node | undefined {
  if (address === '$cbs') return { kind: 'cbs' };
  if (address === '$management') return { kind: 'management' };
  const [, hub, consumerGroup, partitionId] = HUB_PATH.exec(pathOf(address)) ?? [];
  if (hub === undefined) return undefined;
  if (consumerGroup === undefined) {
    return partitionId === undefined ? { kind: 'hub', hub } : { kind: 'hub', hub, partitionId };
  }
  if (partitionId === undefined) return undefined;
  return { kind: 'consumer-group', hub, consumerGroup, partitionId };
}

/** The path of an address or audience, without scheme, host and outer slashes. */
export function pathOf(address: string): string {
  return address.replace(/^[a-z]+:\/\/[^/]*/i, '').replace(/^\/+|\/+$/g, '');
}
