/** Tokens of T-SQL. Keywords are words like any other; the grammar decides what they mean. */
import { SqlError, incorrectSyntax } from '../sql-error.ts';

/** A piece of a batch. */
export interface Token {
  readonly kind: 'word' | 'quotedName' | 'variable' | 'text' | 'number' | 'symbol' | 'end';
  /** A word as written, the value of a text or quoted name, the symbol itself. */
  readonly text: string;
  /** Line of the batch, 1 and up. */
  readonly line: number;
}

const PATTERNS: readonly (readonly [Token['kind'] | 'space', RegExp])[] = [
  ['space', /(?:\s+|--[^\n]*)/y],
  ['text', /[Nn]?'(?:[^']|'')*'/y],
  ['word', /[\p{L}_#][\p{L}\p{N}_$#]*/uy],
  ['variable', /@@?[\p{L}\p{N}_$#]+/uy],
  ['quotedName', /\[(?:[^\]]|\]\])+\]|"(?:[^"]|"")+"/y],
  ['number', /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y],
  ['symbol', /<>|!=|<=|>=|::|[-+*/%=<>(),.;]/y],
];

/**
 * Cuts a batch into tokens; the last one is of kind `end`.
 *
 * @throws SqlError 102, 105 or 113 for what is no T-SQL
 */
export function tokenize(batch: string): Token[] {
  const tokens: Token[] = [];
  let offset = 0;
  let line = 1;
  while (offset < batch.length) {
    const piece = pieceAt(batch, offset, line);
    const end = offset + piece.length;
    if (piece.kind !== 'space') {
      const text = valueOf(piece.kind, batch.slice(offset, end));
      tokens.push({ kind: piece.kind, text, line });
    }
    for (let at = offset; at < end; at += 1) if (batch[at] === '\n') line += 1;
    offset = end;
  }
  tokens.push({ kind: 'end', text: '', line });
  return tokens;
}

function pieceAt(
  batch: string,
  offset: number,
  line: number,
): { kind: Token['kind'] | 'space'; length: number } {
  if (batch.startsWith('/*', offset)) {
    return { kind: 'space', length: commentEnd(batch, offset, line) - offset };
  }
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = offset;
    const match = pattern.exec(batch);
    if (match !== null) return { kind, length: match[0].length };
  }
  const rest = batch.slice(offset);
  if (/^[Nn]?'/.test(rest)) {
    const message = 'Unclosed quotation mark after the character string.';
    throw new SqlError(105, message, { severity: 15, line });
  }
  throw incorrectSyntax(rest.slice(0, 1), line);
}

/** Comments nest. */
function commentEnd(batch: string, offset: number, line: number): number {
  let depth = 0;
  for (let at = offset; at < batch.length; at += 1) {
    if (batch.startsWith('/*', at)) {
      depth += 1;
      at += 1;
    } else if (batch.startsWith('*/', at)) {
      depth -= 1;
      at += 1;
      if (depth === 0) return at + 1;
    }
  }
  throw new SqlError(113, "Missing end comment mark '*/'.", { severity: 15, line });
}

function valueOf(kind: Token['kind'], written: string): string {
  if (kind === 'text') {
    return written.slice(written.indexOf("'") + 1, -1).replaceAll("''", "'");
  }
  if (kind !== 'quotedName') return written;
  const close = written.startsWith('[') ? ']' : '"';
  return written.slice(1, -1).replaceAll(close + close, close);
}
