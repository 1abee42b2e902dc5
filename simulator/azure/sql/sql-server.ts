/** Azure SQL on this machine: one database behind TDS. */
import { createServer, type Server } from 'node:net';
import { createSecureContext } from 'node:tls';
import { ensureCertificates } from '../../wire/certificates.ts';
import type { LocalProcessContext, RunningService } from '../../wire/local-process.ts';
import { LocalDatabase } from './local-database.ts';
import { TdsConnection } from './tds/connection.ts';

/** Starts the server; the schema of cloud/sql is in place when it is ready. */
export async function startSql({ settings, log }: LocalProcessContext): Promise<RunningService> {
  const certificates = await ensureCertificates(settings);
  const database = await LocalDatabase.open(settings);
  const connections = new Set<TdsConnection>();
  const context = {
    log,
    // A later version is for TDS 8; inside TDS 7.4 clients speak 1.2 at most.
    secureContext: createSecureContext({
      cert: certificates.serverCertPem,
      key: certificates.serverKeyPem,
      maxVersion: 'TLSv1.2',
    }),
    signIn: database.signIn.bind(database),
  };
  const server = createServer((socket) => {
    const connection = new TdsConnection(socket, context);
    connections.add(connection);
    socket.once('close', () => connections.delete(connection));
  });
  try {
    await listen(server, settings.ports.sql);
  } catch (error) {
    database.close();
    throw error;
  }
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    await Promise.all([...connections].map((connection) => connection.close()));
    await closed;
    database.close();
  };
  return { stop: () => (stopped ??= stop()) };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}
