/**
 * Shares one TPM among programs, in the way in which Microsoft's TPM library expects it on
 * 127.0.0.1:2323.
 *
 * Invariants:
 * - the TPM gets one command at a time;
 * - what a client loaded and did not flush is flushed when it leaves.
 */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Logger } from '../../wire/logger.ts';
import type { RunningService } from '../../wire/local-process.ts';
import { readRequest, responseFrame } from '../resource-manager-protocol.ts';
import {
  COMMANDS,
  commandCodeOf,
  handleOf,
  responseCodeOf,
  type TpmConnection,
} from '../tpm-connection.ts';

/** Commands whose response names something that stays in the TPM until it is flushed. */
const LOADING: ReadonlySet<number> = new Set([
  COMMANDS.createPrimary,
  COMMANDS.load,
  COMMANDS.hmacStart,
  COMMANDS.startAuthSession,
]);

export interface ResourceManagerOptions {
  readonly tpm: TpmConnection;
  /** Port on 127.0.0.1. */
  readonly port: number;
  readonly log: Logger;
}

/** Listens until stopped; the TPM itself stays open. */
export async function startResourceManager(
  options: ResourceManagerOptions,
): Promise<RunningService> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serve(socket, options);
  });
  server.listen(options.port, '127.0.0.1');
  await once(server, 'listening');
  return { stop: () => stop(server, sockets) };
}

async function stop(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  for (const socket of sockets) socket.destroy();
  await closed;
}

function serve(socket: Socket, { tpm, log }: ResourceManagerOptions): void {
  const loaded = new Set<number>();
  let received = Buffer.alloc(0);
  let busy = false;
  const leave = (error: unknown) => {
    log.warn({ err: error }, 'client of the TPM dropped');
    socket.destroy();
  };
  const work = async () => {
    if (busy) return;
    busy = true;
    for (let next = readRequest(received); next !== undefined; next = readRequest(received)) {
      received = received.subarray(next.bytes);
      const response = await tpm.command(next.command);
      note(loaded, next.command, response);
      if (!socket.destroyed) socket.write(responseFrame(response));
    }
    busy = false;
  };
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    work().catch(leave);
  });
  socket.on('error', (error) => log.debug({ err: error }, 'client of the TPM left'));
  socket.on('close', () => {
    flush(tpm, loaded).catch((error: unknown) => log.warn({ err: error }, 'TPM not tidied up'));
  });
}

/** Keeps count of what a client has in the TPM. */
function note(loaded: Set<number>, command: Buffer, response: Buffer): void {
  if (responseCodeOf(response) !== 0) return;
  const code = commandCodeOf(command);
  const handle = handleOf(code === COMMANDS.flushContext ? command : response);
  if (handle === undefined) return;
  if (LOADING.has(code)) loaded.add(handle);
  if (code === COMMANDS.flushContext) loaded.delete(handle);
}

async function flush(tpm: TpmConnection, handles: ReadonlySet<number>): Promise<void> {
  for (const handle of handles) {
    const command = Buffer.alloc(14);
    command.writeUInt16BE(0x8001, 0); // TPM_ST_NO_SESSIONS
    command.writeUInt32BE(command.length, 2);
    command.writeUInt32BE(COMMANDS.flushContext, 6);
    command.writeUInt32BE(handle, 10);
    await tpm.command(command);
  }
}
