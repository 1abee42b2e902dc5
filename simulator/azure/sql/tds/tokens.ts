/** Tokens that the server sends. Source: [MS-TDS] 2.2.7. */
import type { SqlError } from '../core/sql-error.ts';
import type { SqlType, SqlValue } from '../core/types.ts';
import type { ResultColumn } from '../engine/sql-event.ts';
import { writeType, writeValue } from './data-types.ts';
import { COLLATION, DONE, TOKEN, longText, shortText, uint16, uint32 } from './wire-format.ts';

/** Name that messages say they are from. */
const SERVER_NAME = 'localhost';
const NULLABLE = 0x01;

/** Kinds of ENVCHANGE. [MS-TDS] 2.2.7.9 */
export const ENVIRONMENT = {
  database: 1,
  language: 2,
  packetSize: 4,
  collation: 7,
  begun: 8,
  committed: 9,
  rolledBack: 10,
  reset: 18,
} as const;

/** A statement or a procedure has ended. */
export function doneToken(token: number, status: number, rowCount: number | undefined): Buffer {
  const bytes = Buffer.alloc(13);
  bytes.writeUInt8(token);
  bytes.writeUInt16LE(status | (rowCount === undefined ? 0 : DONE.count), 1);
  bytes.writeBigUInt64LE(BigInt(rowCount ?? 0), 5);
  return bytes;
}

export function errorToken({ number, severity, state, message, line }: SqlError): Buffer {
  return messageToken(TOKEN.error, { number, severity, state, message, line });
}

export function infoToken(number: number, message: string): Buffer {
  return messageToken(TOKEN.info, { number, severity: 0, state: 1, message, line: 1 });
}

interface Message {
  readonly number: number;
  readonly severity: number;
  readonly state: number;
  readonly message: string;
  readonly line: number;
}

function messageToken(token: number, { number, severity, state, message, line }: Message): Buffer {
  return withLength(
    token,
    Buffer.concat([
      uint32(number),
      Buffer.from([state, severity]),
      longText(message),
      shortText(SERVER_NAME),
      shortText(''),
      uint32(line),
    ]),
  );
}

export function columnsToken(columns: readonly ResultColumn[]): Buffer {
  const described = columns.map(({ name, type }) =>
    Buffer.concat([uint32(0), uint16(NULLABLE), writeType(type), shortText(name)]),
  );
  return Buffer.concat([Buffer.from([TOKEN.columns]), uint16(columns.length), ...described]);
}

export function rowToken(row: readonly SqlValue[], columns: readonly ResultColumn[]): Buffer {
  const values = columns.map(({ type }, index) => writeValue(row[index] ?? null, type));
  return Buffer.concat([Buffer.from([TOKEN.row]), ...values]);
}

/** Status 0 of a procedure that succeeded. */
export function returnStatusToken(): Buffer {
  return Buffer.concat([Buffer.from([TOKEN.returnStatus]), uint32(0)]);
}

/** Value of an output parameter. */
export function returnValueToken(name: string, type: SqlType, value: SqlValue): Buffer {
  return Buffer.concat([
    Buffer.from([TOKEN.returnValue]),
    uint16(0),
    shortText(name),
    Buffer.from([1]),
    uint32(0),
    uint16(NULLABLE),
    writeType(type),
    writeValue(value, type),
  ]);
}

/** A text of the connection's environment has changed. */
export function environmentToken(kind: number, now: string, before: string): Buffer {
  return environment(kind, shortText(now), shortText(before));
}

/** The connection's collation. */
export function collationToken(): Buffer {
  return environment(ENVIRONMENT.collation, counted(COLLATION), counted(Buffer.alloc(0)));
}

/** A transaction began or ended; its descriptor is eight bytes. */
export function transactionToken(
  state: 'begun' | 'committed' | 'rolledBack',
  descriptor: Buffer,
): Buffer {
  const none = counted(Buffer.alloc(0));
  const some = counted(descriptor);
  return state === 'begun'
    ? environment(ENVIRONMENT.begun, some, none)
    : environment(ENVIRONMENT[state], none, some);
}

/** The connection is as new. */
export function resetToken(): Buffer {
  const none = counted(Buffer.alloc(0));
  return environment(ENVIRONMENT.reset, none, none);
}

/** [MS-TDS] 2.2.7.14, for TDS 7.4. */
export function loginAcknowledgementToken(): Buffer {
  const body = Buffer.concat([
    Buffer.from([1, 0x74, 0, 0, 4]),
    shortText('Microsoft SQL Server'),
    Buffer.from([12, 0, 0x07, 0xd0]),
  ]);
  return withLength(TOKEN.loginAcknowledgement, body);
}

function environment(kind: number, now: Buffer, before: Buffer): Buffer {
  return withLength(TOKEN.environment, Buffer.concat([Buffer.from([kind]), now, before]));
}

function counted(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

function withLength(token: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([token]), uint16(body.length), body]);
}
