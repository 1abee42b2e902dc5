import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { readResponse, requestFrame } from './resource-manager-protocol.ts';
import { oneAtATime, TpmError, type TpmConnection } from './tpm-connection.ts';

/**
 * Connects to a resource manager on this machine.
 *
 * @throws TpmError TPM_ABSENT when nobody listens
 */
export async function connectTcpTpm(port: number): Promise<TpmConnection> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  try {
    await once(socket, 'connect');
  } catch (error) {
    throw new TpmError(
      'TPM_ABSENT',
      `There is no TPM: this machine has no /dev/tpmrm0, and nobody listens on 127.0.0.1:${port}. ` +
        'For one in software, install the Debian package swtpm and start with: npm start -- --tpm',
      { cause: error },
    );
  }
  // What goes wrong from now on is told by 'close', which always follows.
  socket.on('error', () => undefined);
  const inTurn = oneAtATime();
  return {
    command: (bytes) => inTurn(() => exchange(socket, bytes)),
    close: async () => {
      if (socket.destroyed) return;
      socket.destroy();
      await once(socket, 'close');
    },
  };
}

function exchange(socket: Socket, command: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const end = (error: Error | undefined, response?: Buffer) => {
      socket.off('data', onData).off('close', onClose);
      if (response === undefined) reject(lost(error));
      else resolve(response);
    };
    const onClose = () => end(undefined);
    const onData = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      try {
        const whole = readResponse(received);
        if (whole !== undefined) end(undefined, whole.response);
      } catch (error) {
        end(error instanceof Error ? error : undefined);
      }
    };
    if (socket.destroyed) return end(undefined);
    socket.on('data', onData).on('close', onClose);
    socket.write(requestFrame(command));
  });
}

function lost(cause: Error | undefined): TpmError {
  return new TpmError('TPM_LOST', 'The TPM went away in the middle of a command.', { cause });
}
