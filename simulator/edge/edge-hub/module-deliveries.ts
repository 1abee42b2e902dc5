/** Delivery to the inputs of the gateway's modules: one pump per module, attached while it listens. */
import { inputTopic } from '../../wire/mqtt-topics.ts';
import type { Logger } from '../../wire/logger.ts';
import type { ClientConnection } from './clients.ts';
import { inputBag } from './messages/system-properties.ts';
import { DeliveryPump } from './queues/delivery-pump.ts';
import type { MessageQueues, QueuedMessage } from './queues/message-queues.ts';

/** Unacknowledged messages per module; the real edgeHub has 1. */
const WINDOW = 64;
const FAITHFUL_WINDOW = 1;

export interface ModuleDeliveriesOptions {
  readonly queues: MessageQueues;
  readonly gatewayId: string;
  readonly faithful: boolean;
  readonly log: Logger;
}

export class ModuleDeliveries {
  readonly #options: ModuleDeliveriesOptions;
  readonly #pumps = new Map<string, DeliveryPump>();
  /** Connections that deliveries go to: one that subscribes again is not begun anew. */
  readonly #attached = new WeakSet<ClientConnection>();

  constructor(options: ModuleDeliveriesOptions) {
    this.#options = options;
  }

  get delivered(): number {
    return sum([...this.#pumps.values()].map(({ delivered }) => delivered));
  }

  get redelivered(): number {
    return sum([...this.#pumps.values()].map(({ redelivered }) => redelivered));
  }

  /** Delivers to a module that is connected and has subscribed to its inputs. */
  attach(connection: ClientConnection): void {
    const { deviceId, moduleId } = connection.identity;
    if (moduleId === undefined || deviceId !== this.#options.gatewayId) return;
    // A subscription may be granted after its connection has ended, and another has begun.
    if (connection.closed || this.#attached.has(connection)) return;
    this.#attached.add(connection);
    this.#pump(moduleId).attach({
      deliver: (message) =>
        connection.deliver({
          topic: inputTopic({ deviceId, moduleId }, inputOf(message), inputBag(message)),
          payload: message.body,
          dup: message.redelivered,
        }),
      overdue: () => connection.close('no PUBACK in time'),
    });
  }

  detach(connection: ClientConnection): void {
    const { identity } = connection;
    this.#attached.delete(connection);
    if (identity.moduleId !== undefined) this.#pumps.get(identity.moduleId)?.detach();
  }

  stop(): void {
    for (const pump of this.#pumps.values()) pump.stop();
  }

  #pump(moduleId: string): DeliveryPump {
    const known = this.#pumps.get(moduleId);
    if (known !== undefined) return known;
    const { queues, gatewayId, faithful, log } = this.#options;
    const prefix = `${gatewayId}/${moduleId}/`;
    const pump = new DeliveryPump({
      queues,
      serves: (endpoint) => endpoint.startsWith(prefix),
      window: faithful ? FAITHFUL_WINDOW : WINDOW,
      log,
    });
    this.#pumps.set(moduleId, pump);
    return pump;
  }
}

function inputOf({ endpoint }: QueuedMessage): string {
  return endpoint.split('/').slice(2).join('/');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
