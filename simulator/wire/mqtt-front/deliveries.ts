/** QoS 1 messages on their way to one client. */
import { ConnectionClosedError } from './types.ts';

interface Delivery {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

const MAX_PACKET_ID = 65_535;

export class Deliveries {
  readonly #pending = new Map<number, Delivery>();
  #lastPacketId = 0;

  /** Gives out a packet id that is not in use; `acknowledged` resolves at its PUBACK. */
  begin(): { packetId: number; acknowledged: Promise<void> } {
    const packetId = this.#freePacketId();
    const acknowledged = new Promise<void>((resolve, reject) => {
      this.#pending.set(packetId, { resolve, reject });
    });
    return { packetId, acknowledged };
  }

  /** A PUBACK for a message that is not on its way is ignored. */
  acknowledge(packetId: number): void {
    const delivery = this.#pending.get(packetId);
    this.#pending.delete(packetId);
    delivery?.resolve();
  }

  /** The connection has ended. */
  fail(reason: string): void {
    for (const { reject } of this.#pending.values()) reject(new ConnectionClosedError(reason));
    this.#pending.clear();
  }

  #freePacketId(): number {
    if (this.#pending.size === MAX_PACKET_ID) {
      throw new RangeError('More than 65,535 messages wait for one client: keep a window.');
    }
    do {
      this.#lastPacketId = (this.#lastPacketId % MAX_PACKET_ID) + 1;
    } while (this.#pending.has(this.#lastPacketId));
    return this.#lastPacketId;
  }
}
