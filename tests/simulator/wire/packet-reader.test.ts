import assert from 'node:assert/strict';
import fc from 'fast-check';
import mqttPacket, { type Packet } from 'mqtt-packet';
import {
  MalformedPacketError,
  PacketReader,
} from '../../../simulator/wire/mqtt-front/packet-reader.ts';

const LIMIT_BYTES = 1_000;

function publishBytes(topic: string, payloadBytes: number): Buffer {
  const payload = Buffer.alloc(payloadBytes, 'x');
  return mqttPacket.generate({
    cmd: 'publish',
    topic,
    payload,
    messageId: 1,
    qos: 1,
    dup: false,
    retain: false,
  });
}

describe('packet reader', () => {
  it('reads the same packets however the bytes are cut', () => {
    const packet = fc.tuple(fc.stringMatching(/^[a-z]{1,9}$/), fc.nat({ max: 600 }));
    const cuts = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 });
    fc.assert(
      fc.property(fc.array(packet), cuts, (packets, lengths) => {
        const bytes = Buffer.concat(packets.map(([topic, size]) => publishBytes(topic, size)));
        const read: string[] = [];
        const reader = new PacketReader(LIMIT_BYTES, (found) => read.push(shown(found)));
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const end = at + (lengths[turn % lengths.length] ?? 1);
          reader.read(bytes.subarray(at, end));
          at = end;
        }
        assert.deepEqual(
          read,
          packets.map(([topic, size]) => `publish ${topic} ${size}`),
        );
      }),
    );
  });

  it('meets any bytes with packets or with a malformed packet, nothing else', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 100 })), (chunks) => {
        const reader = new PacketReader(LIMIT_BYTES, () => {});
        try {
          for (const chunk of chunks) reader.read(Buffer.from(chunk));
        } catch (error) {
          assert.ok(error instanceof MalformedPacketError);
        }
      }),
    );
  });

  it('takes a packet of exactly the limit and refuses one byte more', () => {
    const overhead = publishBytes('t', 900).length - 900;
    const largest = publishBytes('t', LIMIT_BYTES - overhead);
    const read: string[] = [];
    const reader = new PacketReader(LIMIT_BYTES, (packet) => read.push(packet.cmd));
    reader.read(largest);
    assert.deepEqual(read, ['publish']);

    const larger = publishBytes('t', LIMIT_BYTES - overhead + 1);
    assert.throws(() => reader.read(larger.subarray(0, 3)), { code: 'MALFORMED_PACKET' });
  });

  it('reads nothing more after an error', () => {
    const read: string[] = [];
    const reader = new PacketReader(LIMIT_BYTES, (packet) => read.push(packet.cmd));
    assert.throws(() => reader.read(Buffer.from([0xf0, 0x00])));
    reader.read(publishBytes('t', 1));
    assert.deepEqual(read, []);
  });
});

function shown(packet: Packet): string {
  return packet.cmd === 'publish' ? `publish ${packet.topic} ${packet.payload.length}` : packet.cmd;
}
