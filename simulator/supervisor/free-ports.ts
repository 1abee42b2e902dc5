/**
 * Free ports for a system of its own.
 *
 * Invariants:
 * - while ports are held, nobody else is given one of them here, in this process or in another;
 * - no operating system gives one of them to anybody else before it is listened on.
 *
 * Ports come in blocks. A block belongs to whoever listens on its first port: so the operating system
 * keeps the account, and a process that is killed leaves none of them taken.
 */
import { randomInt } from 'node:crypto';
import type { Server } from 'node:net';
import type { Ports } from '../wire/settings.ts';
import { close, DEFAULT_PORTS, listen, portNames, withPort } from './ports.ts';

/** Linux gives ports away from 32768 on, macOS and Windows from 49152 on. */
const CHOSEN: PortRange = { first: 20_000, end: 32_000 };
const NAMES = portNames(DEFAULT_PORTS).map(([name]) => name);
const BLOCK_SIZE = NAMES.length + 1;

export interface PortRange {
  readonly first: number;
  /** The first port behind the range. */
  readonly end: number;
}

/** Ports that nobody else is given. */
export interface HeldPorts {
  readonly ports: Ports;
  /** Gives them back; for when nothing listens on them any more. The end of the process does it too. */
  readonly release: () => Promise<void>;
}

/** Blocks are tried in turn from a random one on, so that one given back is not soon given out again. */
let turn: number | undefined;

/**
 * As many free ports as the system needs, all different, held until they are released.
 *
 * @throws Error when all of `range` is taken
 */
export async function holdFreePorts(range: PortRange = CHOSEN): Promise<HeldPorts> {
  const blocks = Math.floor((range.end - range.first) / BLOCK_SIZE);
  for (let attempt = 0; attempt < blocks; attempt += 1) {
    turn = (turn ?? randomInt(blocks)) + 1;
    const first = range.first + (turn % blocks) * BLOCK_SIZE;
    const owner = await tryToOwn(first);
    if (owner !== undefined) return { ports: portsAfter(first), release: () => close(owner) };
  }
  throw new Error(
    `No ${BLOCK_SIZE} ports in a row are free from ${range.first} to ${range.end - 1}: end what listens there.`,
  );
}

/** Undefined when somebody has the block, or one of its ports. */
async function tryToOwn(first: number): Promise<Server | undefined> {
  const owner = await listen(first, 'first').catch(() => undefined);
  if (owner === undefined) return undefined;
  const tried = await Promise.allSettled(
    NAMES.map((name, index) => listen(first + 1 + index, name)),
  );
  await Promise.all(tried.flatMap((one) => (one.status === 'fulfilled' ? close(one.value) : [])));
  if (tried.every(({ status }) => status === 'fulfilled')) return owner.unref();
  await close(owner);
  return undefined;
}

function portsAfter(first: number): Ports {
  let ports = DEFAULT_PORTS;
  for (const [index, name] of NAMES.entries()) {
    ports = withPort(ports, name, first + 1 + index) ?? ports;
  }
  return ports;
}
