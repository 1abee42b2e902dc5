/**
 * Tokens of a route.
 *
 * Names may hold nearly every character, operators included, as in edgeHub: `a+b` is one name.
 * Where that would silently mean something else than it looks like, it is an error here.
 *
 * Source: Azure/iotedge, edge-hub, Routing.Core, grammar/GrammarLexer.g4.
 */
import { RouteError } from './route-error.ts';

export type Token =
  | { readonly kind: 'string'; readonly text: string; readonly offset: number }
  | {
      readonly kind: 'number';
      readonly text: string;
      readonly value: number;
      readonly offset: number;
    }
  | { readonly kind: 'name'; readonly text: string; readonly offset: number }
  /** `$name`, with its dollar. */
  | { readonly kind: 'system'; readonly text: string; readonly offset: number }
  | { readonly kind: 'symbol'; readonly text: string; readonly offset: number }
  | { readonly kind: 'end'; readonly text: ''; readonly offset: number };

const WHITE_SPACE = /[ \t\r\n]+/y;
const STRING = /"(?:\\["'\\]|\\u[0-9a-fA-F]{4}|[^"\\])*"|'(?:\\["'\\]|\\u[0-9a-fA-F]{4}|[^'\\])*'/y;
const SYSTEM_NAME = /\$[^()<>@,;:\\"/?={} \t\n\r]+/y;
const SYMBOL = /!=|<>|<=|>=|\?\?|[()<>,/={}]/y;
const NAME = /[^()<>@,;:\\"'/[\]?={} \t\n\r]+/y;
const NUMBER = /^(?:0[xX][0-9a-fA-F]+|-?\d+|-?\d*\.\d+(?:[eE][+-]?\d+)?|-?\d+[eE][+-]?\d+)$/;
const OPERATORS = new Set(['+', '-', '*', '%', '||']);

/** Splits a route into tokens; the last one has kind `end`. @throws RouteError */
export function tokenize(route: string): Token[] {
  const tokens: Token[] = [];
  let offset = 0;
  while (offset < route.length) {
    const space = matchAt(WHITE_SPACE, route, offset);
    if (space === undefined) {
      const token = readToken(route, offset);
      tokens.push(token);
      offset = endOf(token, route);
    } else {
      offset += space.length;
    }
  }
  tokens.push({ kind: 'end', text: '', offset: route.length });
  return tokens;
}

function readToken(route: string, offset: number): Token {
  const quoted = matchAt(STRING, route, offset);
  if (quoted !== undefined) return { kind: 'string', text: unescape(quoted), offset };
  const system = matchAt(SYSTEM_NAME, route, offset);
  if (system !== undefined) return { kind: 'system', text: system, offset };
  const symbol = matchAt(SYMBOL, route, offset);
  if (symbol !== undefined) return { kind: 'symbol', text: symbol, offset };
  const name = matchAt(NAME, route, offset);
  if (name !== undefined) return readName(name, offset);
  const character = route.charAt(offset);
  if (character === '"' || character === "'") {
    throw new RouteError(offset, 'A string is not terminated', `Close it with ${character}.`);
  }
  throw new RouteError(
    offset,
    `The character ${JSON.stringify(character)} is unknown`,
    'Remove it.',
  );
}

function readName(text: string, offset: number): Token {
  if (OPERATORS.has(text)) return { kind: 'symbol', text, offset };
  if (NUMBER.test(text)) return { kind: 'number', text, value: Number(text), offset };
  const operator = /[+*%|!]/.exec(text);
  if (operator !== null) {
    throw new RouteError(
      offset + operator.index,
      `${JSON.stringify(text)} would be one name, because names may hold operators`,
      'Put spaces around the operator.',
    );
  }
  return { kind: 'name', text, offset };
}

/** Offset after a token; a string's text is unescaped, so its length is read from the route again. */
function endOf(token: Token, route: string): number {
  if (token.kind !== 'string') return token.offset + token.text.length;
  return token.offset + (matchAt(STRING, route, token.offset) ?? '').length;
}

function matchAt(pattern: RegExp, text: string, offset: number): string | undefined {
  pattern.lastIndex = offset;
  return pattern.exec(text)?.[0];
}

function unescape(quoted: string): string {
  return quoted
    .slice(1, -1)
    .replaceAll(
      /\\(?:u([0-9a-fA-F]{4})|(["'\\]))/g,
      (_, hex: string | undefined, character: string) =>
        hex === undefined ? character : String.fromCharCode(Number.parseInt(hex, 16)),
    );
}
