/** The ways to IoT Hub, one per identity that needs one, and the pump that sends telemetry over them. */
import { identityId, type IdentityName } from '../../../wire/identity-name.ts';
import { telemetryTopic } from '../../../wire/mqtt-topics.ts';
import { upstreamBag } from '../messages/system-properties.ts';
import type { QueuedMessage } from '../queues/message-queues.ts';
import { Uplink, type UplinkOptions } from './uplink.ts';

export interface UplinksOptions extends Omit<UplinkOptions, 'identity' | 'key'> {
  readonly keyOf: (name: IdentityName) => string | undefined;
}

export class Uplinks {
  readonly #options: UplinksOptions;
  readonly #uplinks = new Map<string, Uplink>();

  constructor(options: UplinksOptions) {
    this.#options = options;
  }

  /** The identity's own way, made on first use. */
  of({ deviceId, moduleId }: IdentityName): Uplink {
    const identity = moduleId === undefined ? { deviceId } : { deviceId, moduleId };
    const id = identityId(identity);
    const known = this.#uplinks.get(id);
    if (known !== undefined) return known;
    const { keyOf, ...options } = this.#options;
    const uplink = new Uplink({ ...options, identity, key: () => keyOf(identity) });
    this.#uplinks.set(id, uplink);
    return uplink;
  }

  /** The identity's way if it has one. */
  find(name: IdentityName): Uplink | undefined {
    return this.#uplinks.get(identityId(name));
  }

  /** The link works again: nobody waits any longer. */
  dialNow(): void {
    for (const uplink of this.#uplinks.values()) uplink.dialNow();
  }

  /** Sends a message from the queue in its sender's name. */
  deliver(message: QueuedMessage): Promise<void> {
    const { connectionDeviceId: deviceId = '', connectionModuleId: moduleId } =
      message.systemProperties;
    const sender = moduleId === undefined ? { deviceId } : { deviceId, moduleId };
    return this.of(sender).publish(telemetryTopic(sender, upstreamBag(message)), message.body);
  }

  stop(): void {
    for (const uplink of this.#uplinks.values()) uplink.stop();
  }
}
