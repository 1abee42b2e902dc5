/**
 * Parses the condition of a route, by precedence.
 *
 * Source: Azure/iotedge, edge-hub, Routing.Core, grammar/Condition.g4: prefix operators bind
 * tightest, so that `NOT a = 'b'` is `(NOT a) = 'b'`.
 */
import type { BinaryOperator, Condition } from './condition.ts';
import type { TokenReader } from './token-reader.ts';

/** Binary operators, loosest first. */
const LEVELS: readonly (readonly (readonly [string, BinaryOperator])[])[] = [
  [['??', '??']],
  [['OR', 'or']],
  [['AND', 'and']],
  [
    ['=', '='],
    ['!=', '!='],
    ['<>', '!='],
  ],
  [
    ['<=', '<='],
    ['>=', '>='],
    ['<', '<'],
    ['>', '>'],
  ],
  [
    ['+', '+'],
    ['-', '-'],
    ['||', '||'],
  ],
  [
    ['*', '*'],
    ['/', '/'],
    ['%', '%'],
  ],
];

/** Reads one condition; what follows it is left to the caller. @throws RouteError */
export function parseCondition(tokens: TokenReader, level = 0): Condition {
  const operators = LEVELS[level];
  if (operators === undefined) return parseUnary(tokens);
  let left = parseCondition(tokens, level + 1);
  for (;;) {
    const { offset } = tokens.peek();
    const found = operators.find(
      ([text]) => tokens.takeSymbol(text) || (/^[A-Z]/.test(text) && tokens.takeKeyword(text)),
    );
    if (found === undefined) return left;
    const right = parseCondition(tokens, level + 1);
    left = { kind: 'binary', operator: found[1], left, right, offset };
  }
}

function parseUnary(tokens: TokenReader): Condition {
  const { offset } = tokens.peek();
  if (tokens.takeSymbol('-')) {
    return { kind: 'unary', operator: '-', operand: parseUnary(tokens), offset };
  }
  if (tokens.takeKeyword('NOT')) {
    return { kind: 'unary', operator: 'not', operand: parseUnary(tokens), offset };
  }
  return parsePrimary(tokens);
}

function parsePrimary(tokens: TokenReader): Condition {
  const { offset } = tokens.peek();
  if (tokens.takeSymbol('(')) {
    const nested = parseCondition(tokens);
    tokens.expectSymbol(')');
    return nested;
  }
  if (tokens.takeSymbol('{')) return parseEscaped(tokens, offset);
  const token = tokens.peek();
  switch (token.kind) {
    case 'string':
      tokens.take();
      return { kind: 'literal', value: token.text, offset };
    case 'number':
      tokens.take();
      return { kind: 'literal', value: token.value, offset };
    case 'system':
      tokens.take();
      return { kind: 'system', name: token.text, escaped: false, offset };
    case 'name':
      return parseName(tokens);
    case 'symbol':
    case 'end':
      return tokens.fail('Expected a value, a property or a function');
  }
}

function parseEscaped(tokens: TokenReader, offset: number): Condition {
  const token = tokens.take();
  if (token.kind !== 'system') return tokens.fail('Expected a system property after {');
  tokens.expectSymbol('}');
  return { kind: 'system', name: token.text, escaped: true, offset };
}

const KEYWORDS = new Set(['AND', 'OR', 'NOT', 'SELECT', 'FROM', 'WHERE', 'INTO']);

function parseName(tokens: TokenReader): Condition {
  if (KEYWORDS.has(tokens.peek().text.toUpperCase())) {
    return tokens.fail('Expected a value, a property or a function');
  }
  const { text, offset } = tokens.take();
  if (tokens.takeSymbol('(')) {
    return { kind: 'call', name: text.toLowerCase(), operands: parseOperands(tokens), offset };
  }
  switch (text) {
    case 'true':
      return { kind: 'literal', value: true, offset };
    case 'false':
      return { kind: 'literal', value: false, offset };
    case 'null':
      return { kind: 'literal', value: null, offset };
    case 'undefined':
      return { kind: 'literal', value: undefined, offset };
    default:
      return { kind: 'property', name: text, offset };
  }
}

function parseOperands(tokens: TokenReader): Condition[] {
  if (tokens.takeSymbol(')')) return [];
  const operands = [parseCondition(tokens)];
  while (tokens.takeSymbol(',')) operands.push(parseCondition(tokens));
  tokens.expectSymbol(')');
  return operands;
}
