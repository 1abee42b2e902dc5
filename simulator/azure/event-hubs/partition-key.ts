/**
 * Which partition a partition key belongs to: Bob Jenkins' lookup3 `hashlittle2`, halves combined
 * and cut to 16 bits, as the service does it.
 *
 * Source: burtleburtle.net/bob/c/lookup3.c and `partitionKeyToIdMapper` of @azure/event-hubs, which
 * has to agree with the service.
 */

/** Partition of `key` in a hub with `partitionCount` partitions, counted from 0. */
export function partitionOfKey(key: string, partitionCount: number): number {
  const { b, c } = hashLittle2(Buffer.from(key, 'utf8'));
  const signed16 = ((b ^ c) << 16) >> 16;
  return Math.abs(signed16 % partitionCount);
}

interface HashState {
  a: number;
  b: number;
  c: number;
}

function hashLittle2(data: Buffer): HashState {
  const seed = (0xdeadbeef + data.length) | 0;
  const state = { a: seed, b: seed, c: seed };
  if (data.length === 0) return state;
  // The last block, of 1 to 12 bytes, is padded with zeros and mixed differently.
  const lastBlock = Math.floor((data.length - 1) / 12) * 12;
  for (let offset = 0; offset < lastBlock; offset += 12) {
    addBlock(state, data, offset);
    mix(state);
  }
  const padded = Buffer.alloc(12);
  data.copy(padded, 0, lastBlock);
  addBlock(state, padded, 0);
  finalMix(state);
  return state;
}

function addBlock(state: HashState, data: Buffer, offset: number): void {
  state.a = (state.a + data.readInt32LE(offset)) | 0;
  state.b = (state.b + data.readInt32LE(offset + 4)) | 0;
  state.c = (state.c + data.readInt32LE(offset + 8)) | 0;
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function mix(state: HashState): void {
  let { a, b, c } = state;
  a = ((a - c) | 0) ^ rotate(c, 4);
  c = (c + b) | 0;
  b = ((b - a) | 0) ^ rotate(a, 6);
  a = (a + c) | 0;
  c = ((c - b) | 0) ^ rotate(b, 8);
  b = (b + a) | 0;
  a = ((a - c) | 0) ^ rotate(c, 16);
  c = (c + b) | 0;
  b = ((b - a) | 0) ^ rotate(a, 19);
  a = (a + c) | 0;
  c = ((c - b) | 0) ^ rotate(b, 4);
  b = (b + a) | 0;
  Object.assign(state, { a, b, c });
}

function finalMix(state: HashState): void {
  let { a, b, c } = state;
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  c = ((c ^ b) - rotate(b, 24)) | 0;
  Object.assign(state, { a, b, c });
}
