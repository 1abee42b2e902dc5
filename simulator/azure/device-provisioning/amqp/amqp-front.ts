/**
 * Device Provisioning over AMQP 1.0 and TLS.
 *
 * Each connection belongs to one registration id, which it proves when it begins: by a token (SASL
 * PLAIN), by a TPM (SASL TPM), or by the certificate of the TLS connection (no SASL).
 */
import { once } from 'node:events';
import { createServer, type TLSSocket } from 'node:tls';
import { ASKS_FOR_CERTIFICATES } from '../../../wire/client-certificate.ts';
import type { RunningService } from '../../../wire/local-process.ts';
import { serveConnection, type ProvisioningParts } from './provisioning-connection.ts';

export interface AmqpFrontOptions extends ProvisioningParts {
  readonly port: number;
  readonly tls: { readonly cert: string; readonly key: string };
}

/** Listens on 127.0.0.1 until stopped. */
export async function startAmqpFront(options: AmqpFrontOptions): Promise<RunningService> {
  const { tls, port, log } = options;
  const server = createServer({ ...tls, ...ASKS_FOR_CERTIFICATES });
  const sockets = new Set<TLSSocket>();
  server.on('secureConnection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serveConnection(socket, options);
  });
  server.on('tlsClientError', (error) => log.debug({ err: error }, 'TLS handshake failed'));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const stop = async () => {
    if (!server.listening) return;
    server.close();
    // An error, so that rhea notices and ends its timers.
    for (const socket of sockets) socket.destroy(new Error('Device Provisioning is stopping'));
    await once(server, 'close');
  };
  return { stop };
}
