/**
 * Proves at start that the installed SDK and mqtt.js leave the acknowledgement to us.
 *
 * The real transport talks MQTT to a broker of a few lines in memory: two messages come in, no
 * PUBACK may leave; then the second and the first are acknowledged, and both must leave in order.
 * The hook is not part of the SDK's promises, so an update could silently undo it, and with it the
 * promise that an acknowledged message has had its effect.
 */
import { Duplex } from 'node:stream';
import { EventEmitter } from 'node:events';
import mqtt from 'mqtt';
import {
  deferringTransport,
  type ConnectMqtt,
  type InputListener,
  type TransportConstructor,
} from './deferred-puback.ts';
import { EdgeError } from './edge-error.ts';

/** Makes the transport under test; another one in tests of the refusal. */
export type MakeTransport = (connect: ConnectMqtt, listener: InputListener) => TransportConstructor;

/** An SDK client that was made for the probe. */
export interface ProbeClient {
  open(): Promise<unknown>;
  close(): Promise<unknown>;
}

/** Names nobody resolves and a key nobody checks: the probe's connections end in memory. */
export const PROBE_CONNECTION_STRING =
  'HostName=probe.invalid;DeviceId=probe;ModuleId=probe;SharedAccessKey=cHJvYmU=';

const LONGEST_PROBE_MS = 5_000;
const FIRST_PACKET_ID = 7;
const SECOND_PACKET_ID = 8;

/**
 * Checks the hook; takes less than a tenth of a second.
 *
 * @param makeClient the SDK's factory, with `PROBE_CONNECTION_STRING`
 * @throws EdgeError ACKNOWLEDGEMENT_HOOK when a message would be acknowledged before its commit
 */
export async function verifyDeferredPuback(
  makeClient: (transport: TransportConstructor) => ProbeClient,
  makeTransport: MakeTransport = deferringTransport,
): Promise<void> {
  const broker = new ProbeBroker();
  const acknowledgements: ((() => void) | undefined)[] = [];
  const heard = new EventEmitter();
  const connect: ConnectMqtt = (_uri, options) => new mqtt.MqttClient(() => broker, options);
  const Transport = makeTransport(connect, (_input, _message, acknowledge) => {
    acknowledgements.push(acknowledge);
    if (acknowledgements.length === 2) heard.emit('both');
  });
  const both = onceWithin(heard, 'both', 'no input message came through');
  const client = makeClient(Transport);
  try {
    await Promise.all([client.open(), both]);
    await turnsOfTheEventLoop();
    expect(broker.acknowledged, [], 'it acknowledges a message on arrival');
    const [first, second] = acknowledgements;
    if (first === undefined || second === undefined) throw refusal('the hook is not called');
    second();
    await turnsOfTheEventLoop();
    expect(broker.acknowledged, [], 'acknowledgements leave out of order');
    first();
    await turnsOfTheEventLoop();
    expect(
      broker.acknowledged,
      [FIRST_PACKET_ID, SECOND_PACKET_ID],
      'an acknowledgement never leaves',
    );
  } finally {
    broker.destroy();
    await client.close();
  }
}

function expect(actual: number[], expected: number[], otherwise: string): void {
  if (actual.join() !== expected.join()) throw refusal(otherwise);
}

function refusal(reason: string): EdgeError {
  return new EdgeError(
    'ACKNOWLEDGEMENT_HOOK',
    'This module does not run with the installed SDK, because messages could be lost: ' +
      `${reason}. Install the versions of package-lock.json (azure-iot-device-mqtt, mqtt) with npm ci.`,
  );
}

function onceWithin(emitter: EventEmitter, event: string, otherwise: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(refusal(otherwise)), LONGEST_PROBE_MS);
    emitter.once(event, () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Long enough for whatever mqtt.js has put off to a later turn. */
async function turnsOfTheEventLoop(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const CONNECT = 1;
const PUBACK = 4;

/** The broker's end of a connection: accepts, delivers two messages, notes the PUBACKs. */
class ProbeBroker extends Duplex {
  readonly acknowledged: number[] = [];
  #received = Buffer.alloc(0);

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    let length = packetLength(this.#received);
    while (length !== undefined && length <= this.#received.length) {
      this.#handle(this.#received.subarray(0, length));
      this.#received = this.#received.subarray(length);
      length = packetLength(this.#received);
    }
    done();
  }

  #handle(packet: Buffer): void {
    const type = (packet[0] ?? 0) >> 4;
    if (type === PUBACK) this.acknowledged.push(packet.readUInt16BE(2));
    if (type !== CONNECT) return;
    // CONNACK, session present. [MQTT-3.2.2-2]
    this.push(Buffer.from([0x20, 2, 1, 0]));
    this.push(inputPublish(FIRST_PACKET_ID));
    this.push(inputPublish(SECOND_PACKET_ID));
  }
}

/** Bytes of the packet that `received` begins with; undefined while that is not known. */
function packetLength(received: Buffer): number | undefined {
  let remaining = 0;
  for (let index = 1; index <= 4 && index < received.length; index += 1) {
    const digit = received[index] ?? 0;
    remaining += (digit & 127) * 128 ** (index - 1);
    if (digit < 128) return index + 1 + remaining;
  }
  return undefined;
}

/** A QoS 1 PUBLISH of under 128 bytes on an input of the probe. */
function inputPublish(packetId: number): Buffer {
  const topic = Buffer.from('devices/probe/modules/probe/inputs/probe/');
  const body = Buffer.from('{}');
  const header = Buffer.from([0x32, 2 + topic.length + 2 + body.length, 0, topic.length]);
  return Buffer.concat([header, topic, Buffer.from([0, packetId]), body]);
}
