/** Tokens of the query language. Keywords are matched whatever their letter case. */
import { Lexer, createToken, type IToken, type TokenType } from 'chevrotain';
import { QueryError, notSupported, type Position } from '../query-error.ts';

/** Anything that reads as a word: after a dot even a keyword is a name (`System.Timestamp`). */
export const Word = createToken({ name: 'Word', pattern: Lexer.NA });

export const Identifier = createToken({
  name: 'Identifier',
  pattern: /[A-Za-z_][A-Za-z0-9_]*/,
  categories: [Word],
});

function keyword(text: string): TokenType {
  return createToken({
    name: text,
    pattern: new RegExp(text, 'i'),
    longer_alt: Identifier,
    categories: [Word],
  });
}

export const With = keyword('WITH');
export const As = keyword('AS');
export const Select = keyword('SELECT');
export const Into = keyword('INTO');
export const From = keyword('FROM');
export const Where = keyword('WHERE');
export const Group = keyword('GROUP');
export const By = keyword('BY');
export const Having = keyword('HAVING');
export const Timestamp = keyword('TIMESTAMP');
export const Over = keyword('OVER');
export const Partition = keyword('PARTITION');
export const Limit = keyword('LIMIT');
export const Duration = keyword('DURATION');
export const Case = keyword('CASE');
export const When = keyword('WHEN');
export const Then = keyword('THEN');
export const Else = keyword('ELSE');
export const End = keyword('END');
export const And = keyword('AND');
export const Or = keyword('OR');
export const Not = keyword('NOT');
export const Is = keyword('IS');
export const Null = keyword('NULL');
export const In = keyword('IN');
export const Between = keyword('BETWEEN');
export const Like = keyword('LIKE');
export const Cast = keyword('CAST');
export const TryCast = keyword('TRY_CAST');

const WHITE_SPACE = createToken({ name: 'WhiteSpace', pattern: /\s+/, group: Lexer.SKIPPED });
const LINE_COMMENT = createToken({
  name: 'LineComment',
  pattern: /--[^\n]*/,
  group: Lexer.SKIPPED,
});
const BLOCK_COMMENT = createToken({
  name: 'BlockComment',
  pattern: /\/\*[\s\S]*?\*\//,
  group: Lexer.SKIPPED,
  line_breaks: true,
});

export const QuotedIdentifier = createToken({
  name: 'QuotedIdentifier',
  pattern: /\[(?:[^\]\n]|\]\])+\]/,
  categories: [Word],
});
export const Text = createToken({
  name: 'Text',
  pattern: /'(?:[^']|'')*'/,
  line_breaks: true,
});
export const Float = createToken({
  name: 'Float',
  pattern: /\d+\.\d*(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?/,
});
export const Whole = createToken({ name: 'Whole', pattern: /\d+/ });

export const Comparison = createToken({ name: 'Comparison', pattern: /<>|!=|<=|>=|=|<|>/ });
export const Plus = createToken({ name: 'Plus', pattern: /\+/ });
export const Minus = createToken({ name: 'Minus', pattern: /-/ });
export const Star = createToken({ name: 'Star', pattern: /\*/ });
export const Slash = createToken({ name: 'Slash', pattern: /\// });
export const Percent = createToken({ name: 'Percent', pattern: /%/ });
export const OpenParen = createToken({ name: 'OpenParen', pattern: /\(/ });
export const CloseParen = createToken({ name: 'CloseParen', pattern: /\)/ });
export const Comma = createToken({ name: 'Comma', pattern: /,/ });
export const Dot = createToken({ name: 'Dot', pattern: /\./ });
export const Semicolon = createToken({ name: 'Semicolon', pattern: /;/ });

/** All tokens, in the order in which the lexer tries them: keywords before names. */
export const TOKENS: TokenType[] = [
  [WHITE_SPACE, LINE_COMMENT, BLOCK_COMMENT, QuotedIdentifier, Text, Float, Whole],
  [With, As, Select, Into, From, Where, Group, By, Having, Timestamp, Over, Partition],
  [Limit, Duration, Case, When, Then, Else, End, And, Or, Not, Is, Null, In, Between, Like],
  [TryCast, Cast, Identifier],
  [Comparison, Plus, Minus, Star, Slash, Percent, OpenParen, CloseParen],
  [Comma, Dot, Semicolon, Word],
].flat();

/** Words that begin something this runner does not play. */
const UNSUPPORTED_WORDS: ReadonlyMap<string, string> = new Map([
  ['JOIN', 'JOIN'],
  ['UNION', 'UNION'],
  ['CREATE', 'CREATE TABLE and CREATE FUNCTION'],
  ['CROSS', 'CROSS APPLY'],
  ['APPLY', 'CROSS APPLY'],
  ['DISTINCT', 'DISTINCT'],
  ['TOP', 'TOP'],
  ['EXCEPT', 'EXCEPT'],
  ['INTERSECT', 'INTERSECT'],
  ['ORDER', 'ORDER BY'],
  ['MATCH_RECOGNIZE', 'MATCH_RECOGNIZE'],
]);

const LEXER = new Lexer(TOKENS, { ensureOptimizations: false });

/**
 * Splits a query into tokens.
 *
 * @throws QueryError at the first character that begins no token, or word that is not supported
 */
export function tokenize(source: string): IToken[] {
  const { tokens, errors } = LEXER.tokenize(source);
  const [error] = errors;
  if (error !== undefined) {
    const position = { line: error.line ?? 1, column: error.column ?? 1 };
    throw new QueryError(position, `unexpected character ${JSON.stringify(source[error.offset])}`);
  }
  for (const [index, token] of tokens.entries()) {
    if (token.tokenType !== Identifier || tokens[index - 1]?.tokenType === Dot) continue;
    const feature = UNSUPPORTED_WORDS.get(token.image.toUpperCase());
    if (feature !== undefined) throw notSupported(positionOf(token), feature);
  }
  return tokens;
}

/** Where a token begins. */
export function positionOf(token: IToken): Position {
  return { line: token.startLine ?? 1, column: token.startColumn ?? 1 };
}
