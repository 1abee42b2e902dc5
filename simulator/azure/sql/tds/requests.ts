/** What a client asks once it is in. Source: [MS-TDS] 2.2.6.6 to 2.2.6.9. */
import { procedureNamed, type ProcedureCall } from './procedure-call.ts';
import { notSupported } from '../core/sql-error.ts';
import type { BulkRows } from '../engine/insert.ts';
import { ByteReader, ProtocolError } from './byte-reader.ts';
import { readType, readValue, type WireType } from './data-types.ts';
import { TOKEN } from './wire-format.ts';

/** Text of a SQL batch. */
export function readBatch(message: Buffer): string {
  return afterHeaders(message).rest().toString('utf16le');
}

/** @throws SqlError for several calls in one message, and types that are not known */
export function readProcedureCall(message: Buffer): ProcedureCall {
  const reader = afterHeaders(message);
  const length = reader.uint16();
  const procedure =
    length === 0xffff
      ? procedureNamed(reader.uint16())
      : reader.bytes(length * 2).toString('utf16le');
  reader.uint16();
  const parameters: ProcedureCall['parameters'][number][] = [];
  while (!reader.isAtEnd) {
    const name = reader.shortText();
    const isOutput = (reader.uint8() & 0x01) !== 0;
    const wireType = readType(reader);
    const value = readValue(reader, wireType);
    parameters.push({ name, isOutput, type: wireType.type, value });
  }
  return { procedure: procedure.toLowerCase(), parameters };
}

/** What a transaction manager request wants. */
export function readTransactionRequest(message: Buffer): 'begin' | 'commit' | 'rollback' {
  const BEGIN = 5;
  const COMMIT = 7;
  const ROLLBACK = 8;
  const type = afterHeaders(message).uint16();
  if (type === BEGIN) return 'begin';
  if (type === COMMIT) return 'commit';
  if (type === ROLLBACK) return 'rollback';
  throw notSupported(`transaction request ${type}`);
}

/** Columns and rows of a bulk load: what a result looks like, sent the other way. */
export function readBulkRows(message: Buffer): BulkRows {
  const reader = new ByteReader(message);
  const columns: { name: string; wireType: WireType }[] = [];
  const rows: BulkRows['rows'][number][] = [];
  while (!reader.isAtEnd) {
    const token = reader.uint8();
    if (token === TOKEN.columns) {
      for (let left = reader.uint16(); left > 0; left -= 1) {
        reader.bytes(6);
        const wireType = readType(reader);
        columns.push({ name: reader.shortText(), wireType });
      }
    } else if (token === TOKEN.row) {
      rows.push(columns.map(({ wireType }) => readValue(reader, wireType)));
    } else if (token === TOKEN.done) reader.rest();
    else throw new ProtocolError(`token 0x${token.toString(16)} in a bulk load`);
  }
  return { columns: columns.map(({ name, wireType }) => ({ name, type: wireType.type })), rows };
}

/** Every request begins with headers that say how long they are. */
function afterHeaders(message: Buffer): ByteReader {
  const reader = new ByteReader(message);
  const length = reader.uint32();
  reader.bytes(length - 4);
  return reader;
}
