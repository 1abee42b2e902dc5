/** Grammar of a query file: WITH steps and SELECT … INTO statements. */
import { tokenMatcher, EOF as END_OF_FILE, type IToken } from 'chevrotain';
import { QueryError } from '../query-error.ts';
import type { Expression, Name, Query, Select, SelectItem, Source } from './ast.ts';
import { ExpressionParser } from './expression-parser.ts';
import { nameOf, type Rule } from './primary-parser.ts';
import * as t from './tokens.ts';
import { positionOf, tokenize } from './tokens.ts';

class QueryParser extends ExpressionParser {
  constructor() {
    super();
    this.performSelfAnalysis();
  }

  readonly query: Rule<Query> = this.RULE('query', () => {
    const steps: { name: Name; select: Select }[] = [];
    this.OPTION(() => {
      this.CONSUME(t.With);
      this.AT_LEAST_ONE_SEP({
        SEP: t.Comma,
        DEF: () => steps.push(this.SUBRULE(this.step)),
      });
    });
    const selects: Select[] = [];
    this.AT_LEAST_ONE(() => {
      selects.push(this.SUBRULE(this.select));
      this.OPTION2(() => this.CONSUME(t.Semicolon));
    });
    return { steps, selects };
  });

  readonly step: Rule<{ name: Name; select: Select }> = this.RULE('step', () => {
    const name = this.SUBRULE(this.identifierName);
    this.CONSUME(t.As);
    this.CONSUME(t.OpenParen);
    const select = this.SUBRULE(this.select);
    this.CONSUME(t.CloseParen);
    return { name, select };
  });

  readonly select: Rule<Select> = this.RULE('select', () => {
    const at = positionOf(this.CONSUME(t.Select));
    const items: SelectItem[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => items.push(this.SUBRULE(this.item)) });
    const into = this.OPTION(() => {
      this.CONSUME(t.Into);
      return this.SUBRULE(this.identifierName);
    });
    const from = this.SUBRULE(this.source);
    const where = this.OPTION2(() => {
      this.CONSUME(t.Where);
      return this.SUBRULE(this.expression);
    });
    const groupBy = this.OPTION3(() => this.SUBRULE(this.groupBy)) ?? [];
    const having = this.OPTION4(() => {
      this.CONSUME(t.Having);
      return this.SUBRULE2(this.expression);
    });
    return { items, into, from, where, groupBy, having, at };
  });

  readonly groupBy: Rule<readonly Expression[]> = this.RULE('groupBy', () => {
    this.CONSUME(t.Group);
    this.CONSUME(t.By);
    const keys: Expression[] = [];
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => keys.push(this.SUBRULE(this.expression)),
    });
    return keys;
  });

  readonly item: Rule<SelectItem> = this.RULE('item', () =>
    this.OR<SelectItem>([
      { ALT: () => ({ kind: 'star', at: positionOf(this.CONSUME(t.Star)) }) },
      {
        ALT: () => {
          const expression = this.SUBRULE(this.expression);
          const alias = this.OPTION(() => {
            this.OPTION2(() => this.CONSUME(t.As));
            return nameOf(this.SUBRULE(this.identifier));
          });
          return { kind: 'expression', expression, alias };
        },
      },
    ]),
  );

  readonly source: Rule<Source> = this.RULE('source', () => {
    this.CONSUME(t.From);
    const name = this.SUBRULE(this.identifierName);
    const alias = this.OPTION(() => {
      this.OPTION2(() => this.CONSUME(t.As));
      return nameOf(this.SUBRULE(this.identifier));
    });
    const over: Expression[] = [];
    const timestampBy = this.OPTION3(() => {
      this.CONSUME(t.Timestamp);
      this.CONSUME(t.By);
      const expression = this.SUBRULE(this.expression);
      this.OPTION4(() => {
        this.CONSUME(t.Over);
        this.AT_LEAST_ONE_SEP({
          SEP: t.Comma,
          DEF: () => over.push(this.SUBRULE2(this.expression)),
        });
      });
      return expression;
    });
    return { name, alias, timestampBy, over };
  });

  readonly identifierName: Rule<Name> = this.RULE('identifierName', () => {
    const token = this.SUBRULE(this.identifier);
    return { text: nameOf(token), at: positionOf(token) };
  });
}

let parser: QueryParser | undefined;

/**
 * Parses a query file.
 *
 * @throws QueryError with line, column and what was found where something else was expected
 */
export function parseQuery(source: string): Query {
  parser ??= new QueryParser();
  parser.input = tokenize(source);
  const query = parser.query();
  const [error] = parser.errors;
  if (error === undefined) return query;
  const place = isEnd(error.token) ? lastPosition(source) : positionOf(error.token);
  const found = isEnd(error.token) ? 'the end of the query' : `'${error.token.image}'`;
  throw new QueryError(place, `syntax error at ${found}`);
}

function isEnd(token: IToken): boolean {
  return tokenMatcher(token, END_OF_FILE);
}

function lastPosition(source: string): { line: number; column: number } {
  const lines = source.trimEnd().split('\n');
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1 };
}
