/**
 * Turns what a session gives into the tokens of one reply.
 *
 * Invariant: every statement ends with a DONE token that says whether more follows, so each waits
 * for the next.
 */
import type { SqlEvent } from '../engine/sql-event.ts';
import type { MessageStream } from './message-stream.ts';
import {
  columnsToken,
  doneToken,
  errorToken,
  infoToken,
  returnStatusToken,
  rowToken,
  transactionToken,
} from './tokens.ts';
import { DONE, TOKEN } from './wire-format.ts';

/** Bytes that are sent together. */
const PIECE_BYTES = 64 * 1024;

export class Reply {
  readonly #messages: MessageStream;
  readonly #descriptor: () => Buffer;
  readonly #isProcedure: boolean;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #failed = false;
  #waiting: { readonly rowCount: number | undefined; readonly failed: boolean } | undefined;

  /** @param descriptor of the connection's transaction */
  constructor(messages: MessageStream, descriptor: () => Buffer, isProcedure: boolean) {
    this.#messages = messages;
    this.#descriptor = descriptor;
    this.#isProcedure = isProcedure;
  }

  /** Adds the events' tokens; stops early when the client no longer wants them. */
  async add(events: AsyncIterable<SqlEvent>, signal: AbortSignal): Promise<void> {
    for await (const event of events) {
      if (signal.aborted) continue;
      this.#addEvent(event);
      if (event.kind === 'rows') await this.#addRows(event, signal);
      if (this.#bytes >= PIECE_BYTES) await this.#flush(false);
    }
  }

  /** Adds a token between statements. */
  addToken(token: Buffer): void {
    this.#releaseDone();
    this.#push(token);
  }

  /** Sends the rest and ends the reply. */
  async end(): Promise<void> {
    if (this.#isProcedure) {
      this.#releaseDone();
      this.#push(returnStatusToken());
      const status = this.#failed ? DONE.error : 0;
      this.#push(doneToken(TOKEN.doneProcedure, status, undefined));
    } else {
      const { rowCount, failed } = this.#waiting ?? { rowCount: undefined, failed: this.#failed };
      this.#push(doneToken(TOKEN.done, failed ? DONE.error : 0, rowCount));
    }
    await this.#flush(true);
  }

  /** Ends the reply to a client that has given up. */
  async endEarly(): Promise<void> {
    this.#push(doneToken(TOKEN.done, DONE.error, undefined));
    await this.#flush(true);
  }

  #addEvent(event: SqlEvent): void {
    this.#releaseDone();
    switch (event.kind) {
      case 'columns':
        return this.#push(columnsToken(event.columns));
      case 'rows':
        return;
      case 'info':
        return this.#push(infoToken(event.number, event.message));
      case 'error':
        this.#failed = true;
        return this.#push(errorToken(event.error));
      case 'transaction':
        return this.#push(transactionToken(event.state, this.#descriptor()));
      case 'done':
        this.#waiting = { rowCount: event.rowCount, failed: this.#failed };
        if (!this.#isProcedure) this.#failed = false;
    }
  }

  async #addRows(
    { columns, rows }: Extract<SqlEvent, { kind: 'rows' }>,
    signal: AbortSignal,
  ): Promise<void> {
    for (const row of rows) {
      if (signal.aborted) return;
      this.#push(rowToken(row, columns));
      if (this.#bytes >= PIECE_BYTES) await this.#flush(false);
    }
  }

  #releaseDone(): void {
    if (this.#waiting === undefined) return;
    const { rowCount, failed } = this.#waiting;
    this.#waiting = undefined;
    const token = this.#isProcedure ? TOKEN.doneInProcedure : TOKEN.done;
    this.#push(doneToken(token, DONE.more | (failed ? DONE.error : 0), rowCount));
  }

  #push(token: Buffer): void {
    this.#pieces.push(token);
    this.#bytes += token.length;
  }

  async #flush(isLast: boolean): Promise<void> {
    const content = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#bytes = 0;
    if (isLast) return await this.#messages.send(content, true);
    // Whole packets only: a packet that is not full would end nothing, but cost one.
    const room = this.#messages.packetBytes - 8;
    const whole = content.length - (content.length % room);
    const rest = content.subarray(whole);
    if (whole > 0) await this.#messages.send(content.subarray(0, whole), false);
    this.#pieces = rest.length === 0 ? [] : [rest];
    this.#bytes = rest.length;
  }
}
