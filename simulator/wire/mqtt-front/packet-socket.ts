/**
 * A client's socket that speaks in MQTT packets.
 *
 * Invariants:
 * - packets are handed on in order, and none while one or more reasons hold them back;
 * - what is written in one turn of the event loop leaves in one write;
 * - `onClose` is called exactly once.
 */
import type { Socket } from 'node:net';
import mqttPacket, { type Packet } from 'mqtt-packet';
import { PacketReader } from './packet-reader.ts';

/** Unsent bytes above which nothing more is read: the client must first take what it asked for. */
const MAX_UNSENT_BYTES = 1024 * 1024;

export interface PacketSocketEvents {
  onPacket(packet: Packet): void;
  onClose(reason: string): void;
}

export class PacketSocket {
  readonly #socket: Socket;
  readonly #reader: PacketReader;
  readonly #holds = new Set<string>();
  #events: PacketSocketEvents;
  #held: Packet[] = [];
  #unsent: Buffer[] = [];
  #closed = false;

  constructor(socket: Socket, maxPacketBytes: number, events: PacketSocketEvents) {
    this.#socket = socket;
    this.#events = events;
    this.#reader = new PacketReader(maxPacketBytes, (packet) => this.#receive(packet));
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('drain', () => this.release('unsent'));
    socket.on('error', (error) => this.close(error.message));
    socket.on('close', () => this.close('the client closed the connection'));
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Whoever `events` is from now on gets what comes. */
  handOver(events: PacketSocketEvents): void {
    this.#events = events;
  }

  /** Holds packets back until `release` is called with the same reason. */
  hold(reason: string): void {
    this.#holds.add(reason);
    this.#socket.pause();
  }

  release(reason: string): void {
    this.#holds.delete(reason);
    while (!this.#isHeld() && !this.#closed) {
      const packet = this.#held.shift();
      if (packet === undefined) {
        this.#socket.resume();
        return;
      }
      this.#events.onPacket(packet);
    }
  }

  write(packet: Packet): void {
    this.writeBytes(mqttPacket.generate(packet));
  }

  writeBytes(bytes: Buffer): void {
    if (this.#closed) return;
    if (this.#unsent.length === 0) setImmediate(() => this.#flush());
    this.#unsent.push(bytes);
  }

  /** Writes what is left, then closes. */
  end(reason: string): void {
    this.#flush();
    this.#socket.destroySoon();
    this.#finish(reason);
  }

  close(reason: string): void {
    this.#socket.destroy();
    this.#finish(reason);
  }

  #isHeld(): boolean {
    return this.#holds.size > 0;
  }

  #finish(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#held = [];
    this.#unsent = [];
    this.#events.onClose(reason);
  }

  #read(chunk: Buffer): void {
    if (this.#closed) return;
    try {
      this.#reader.read(chunk);
    } catch (error) {
      this.close(error instanceof Error ? error.message : String(error));
    }
  }

  #receive(packet: Packet): void {
    if (this.#isHeld()) this.#held.push(packet);
    else if (!this.#closed) this.#events.onPacket(packet);
  }

  #flush(): void {
    if (this.#closed || this.#unsent.length === 0) return;
    const bytes = Buffer.concat(this.#unsent);
    this.#unsent = [];
    if (!this.#socket.write(bytes) && this.#socket.writableLength > MAX_UNSENT_BYTES) {
      this.hold('unsent');
    }
  }
}
