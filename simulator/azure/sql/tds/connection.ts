/**
 * One client's connection: greeting, TLS, login, then requests one after the other.
 *
 * Invariants:
 * - before the login nothing but a login is answered;
 * - an attention ends the request under way, and is acknowledged in a message of its own;
 * - what a client leaves open is rolled back when its connection ends.
 */
import type { Socket } from 'node:net';
import { TLSSocket, type SecureContext } from 'node:tls';
import type { Logger } from '../../../wire/logger.ts';
import { SqlError } from '../core/sql-error.ts';
import { translateError } from '../engine/duck-errors.ts';
import type { SqlSession } from '../engine/session.ts';
import { canEncrypt, preLoginReply, readLogin, type Login } from './login.ts';
import { MessageStream, type Message } from './message-stream.ts';
import { Procedures } from './procedures.ts';
import { Reply } from './reply.ts';
import { readBatch, readBulkRows, readProcedureCall, readTransactionRequest } from './requests.ts';
import { TlsTunnel } from './tls-tunnel.ts';
import {
  ENVIRONMENT,
  collationToken,
  doneToken,
  environmentToken,
  errorToken,
  infoToken,
  loginAcknowledgementToken,
  resetToken,
} from './tokens.ts';
import { DONE, PACKET, TOKEN } from './wire-format.ts';

/** What a connection needs of its server. */
export interface ConnectionContext {
  readonly secureContext: SecureContext;
  readonly log: Logger;
  /** @throws SqlError 18456 or 4060 */
  readonly signIn: (login: Login) => Promise<SqlSession>;
}

/** Serves a client until it goes. */
export class TdsConnection {
  readonly #socket: Socket;
  readonly #context: ConnectionContext;
  readonly #messages: MessageStream;
  #queue: Promise<void> = Promise.resolve();
  #stage: 'greeting' | 'login' | 'ready' = 'greeting';
  #session: SqlSession | undefined;
  #procedures: Procedures | undefined;
  #request = new AbortController();
  #isBusy = false;
  #descriptor = 0n;

  constructor(socket: Socket, context: ConnectionContext) {
    this.#socket = socket;
    this.#context = context;
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#leave());
    this.#messages = new MessageStream(
      socket,
      (message) => this.#receive(message),
      (error) => this.#fault(error),
    );
  }

  /** Ends the connection; resolves when nothing of it is under way. */
  async close(): Promise<void> {
    this.#leave();
    this.#socket.destroy();
    await this.#queue;
  }

  #receive(message: Message): void {
    if (message.type === PACKET.attention) this.#request.abort(new Error('attention'));
    this.#queue = this.#queue
      .then(() => this.#answer(message))
      .catch((error: unknown) =>
        this.#fault(error instanceof Error ? error : new Error(String(error))),
      );
  }

  #fault(error: Error): void {
    this.#context.log.warn({ err: error }, 'connection ended: it broke the protocol');
    this.#socket.destroy();
  }

  #leave(): void {
    this.#request.abort(new Error('connection closed'));
    this.#queue = this.#queue.then(async () => {
      const session = this.#session;
      this.#session = undefined;
      await session?.close();
    });
    this.#queue.catch((error: unknown) => {
      this.#context.log.error({ err: error }, 'session not closed');
    });
  }

  async #answer(message: Message): Promise<void> {
    if (this.#socket.destroyed) return;
    if (message.type === PACKET.attention) return await this.#acknowledgeAttention();
    switch (this.#stage) {
      case 'greeting':
        return await this.#greet(message);
      case 'login':
        return await this.#login(message);
      case 'ready':
        return await this.#serve(message);
    }
  }

  async #greet({ type, content }: Message): Promise<void> {
    if (type !== PACKET.preLogin) return this.#fault(new Error('no PRELOGIN'));
    const encrypts = canEncrypt(content);
    await this.#messages.send(preLoginReply(encrypts), true);
    // A client that cannot encrypt reads that the server requires it, and goes.
    if (!encrypts) return;
    const tls = new TLSSocket(new TlsTunnel(this.#socket), {
      isServer: true,
      secureContext: this.#context.secureContext,
    });
    tls.on('error', () => this.#socket.destroy());
    this.#messages.moveTo(tls);
    this.#stage = 'login';
  }

  async #login({ type, content }: Message): Promise<void> {
    if (type !== PACKET.login) return this.#fault(new Error('no LOGIN7'));
    const login = readLogin(content);
    try {
      this.#session = await this.#context.signIn(login);
    } catch (error) {
      const refusal = translateError(error, { line: 1 });
      const end = doneToken(TOKEN.done, DONE.error, undefined);
      await this.#messages.send(Buffer.concat([errorToken(refusal), end]), true);
      this.#socket.end();
      return;
    }
    this.#procedures = new Procedures(this.#session);
    this.#stage = 'ready';
    const { database, packetBytes } = login;
    const greeting = [
      environmentToken(ENVIRONMENT.database, database, 'master'),
      infoToken(5701, `Changed database context to '${database}'.`),
      collationToken(),
      environmentToken(ENVIRONMENT.language, 'us_english', ''),
      infoToken(5703, 'Changed language setting to us_english.'),
      loginAcknowledgementToken(),
      environmentToken(ENVIRONMENT.packetSize, String(packetBytes), '4096'),
      doneToken(TOKEN.done, 0, undefined),
    ];
    await this.#messages.send(Buffer.concat(greeting), true);
    this.#messages.packetBytes = packetBytes;
  }

  async #serve(message: Message): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    const reply = new Reply(
      this.#messages,
      () => this.#currentDescriptor(),
      message.type === PACKET.rpc,
    );
    if (message.resets) {
      await session.reset();
      reply.addToken(resetToken());
    }
    if (message.isIgnored) return await reply.endEarly();
    this.#request = new AbortController();
    this.#isBusy = true;
    const { signal } = this.#request;
    try {
      await this.#run(message, session, reply, signal);
    } catch (error) {
      if (!signal.aborted) reply.addToken(errorToken(translateError(error, { line: 1 })));
    }
    this.#isBusy = false;
    await (signal.aborted ? reply.endEarly() : reply.end());
  }

  async #run(
    { type, content }: Message,
    session: SqlSession,
    reply: Reply,
    signal: AbortSignal,
  ): Promise<void> {
    switch (type) {
      case PACKET.batch:
        return await reply.add(session.run(readBatch(content), new Map(), signal), signal);
      case PACKET.rpc:
        return await this.#procedures?.call(readProcedureCall(content), reply, signal);
      case PACKET.bulkLoad:
        return await reply.add(session.load(readBulkRows(content), signal), signal);
      case PACKET.transaction: {
        const kind = readTransactionRequest(content);
        if (kind === 'begin') this.#descriptor += 1n;
        return await reply.add(session.changeTransaction(kind, signal), signal);
      }
      default:
        throw new SqlError(40_514, `Packet type ${type} is not supported by the local Azure SQL.`);
    }
  }

  async #acknowledgeAttention(): Promise<void> {
    if (this.#isBusy) return;
    await this.#messages.send(doneToken(TOKEN.done, DONE.attention, undefined), true);
  }

  #currentDescriptor(): Buffer {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(this.#descriptor);
    return bytes;
  }
}
