/** Grammar of the smallest expressions: literals, CASE, CAST, columns, calls with OVER. */
import { EmbeddedActionsParser, type IToken, type ParserMethod } from 'chevrotain';
import { QueryError, notSupported } from '../query-error.ts';
import type { SqlType } from '../values.ts';
import type { DurationLimit, Expression, OverClause } from './ast.ts';
import * as t from './tokens.ts';
import { positionOf } from './tokens.ts';

/** A grammar rule that gives a `T`. */
export type Rule<T> = ParserMethod<[], T>;

const CAST_TYPES: ReadonlyMap<string, SqlType> = new Map([
  ['bigint', 'bigint'],
  ['float', 'float'],
  ['nvarchar', 'nvarchar(max)'],
  ['datetime', 'datetime'],
  ['bit', 'bit'],
  ['record', 'record'],
  ['array', 'array'],
]);

/** Parses what stands between operators; `ExpressionParser` adds the operators. */
export abstract class PrimaryParser extends EmbeddedActionsParser {
  constructor() {
    super(t.TOKENS, { recoveryEnabled: false, maxLookahead: 2 });
  }

  abstract readonly expression: Rule<Expression>;

  readonly primary: Rule<Expression> = this.RULE('primary', () =>
    this.OR<Expression>([
      { ALT: () => this.SUBRULE(this.literal) },
      { ALT: () => this.SUBRULE(this.caseExpression) },
      { ALT: () => this.SUBRULE(this.castExpression) },
      { ALT: () => this.SUBRULE(this.columnOrCall) },
      {
        ALT: () => {
          this.CONSUME(t.OpenParen);
          const inner = this.SUBRULE(this.expression);
          this.CONSUME(t.CloseParen);
          return inner;
        },
      },
    ]),
  );

  readonly literal: Rule<Expression> = this.RULE('literal', () =>
    this.OR<Expression>([
      {
        ALT: () => {
          const token = this.CONSUME(t.Text);
          const value = token.image.slice(1, -1).replaceAll("''", "'");
          return { kind: 'literal', value, at: positionOf(token) };
        },
      },
      {
        ALT: () => {
          const token = this.CONSUME(t.Float);
          return { kind: 'literal', value: Number(token.image), at: positionOf(token) };
        },
      },
      {
        ALT: () => {
          const token = this.CONSUME(t.Whole);
          const value = this.ACTION(() => BigInt(token.image));
          return { kind: 'literal', value, at: positionOf(token) };
        },
      },
      {
        ALT: () => ({ kind: 'literal', value: null, at: positionOf(this.CONSUME(t.Null)) }),
      },
    ]),
  );

  readonly caseExpression: Rule<Expression> = this.RULE('caseExpression', (): Expression => {
    const at = positionOf(this.CONSUME(t.Case));
    const operand = this.OPTION(() => this.SUBRULE(this.expression));
    const branches: { when: Expression; result: Expression }[] = [];
    this.AT_LEAST_ONE(() => {
      this.CONSUME(t.When);
      const when = this.SUBRULE2(this.expression);
      this.CONSUME(t.Then);
      branches.push({ when, result: this.SUBRULE3(this.expression) });
    });
    const otherwise = this.OPTION2(() => {
      this.CONSUME(t.Else);
      return this.SUBRULE4(this.expression);
    });
    this.CONSUME(t.End);
    return { kind: 'case', operand, branches, otherwise, at };
  });

  readonly castExpression: Rule<Expression> = this.RULE('castExpression', (): Expression => {
    const keyword = this.OR([
      { ALT: () => this.CONSUME(t.Cast) },
      { ALT: () => this.CONSUME(t.TryCast) },
    ]);
    this.CONSUME(t.OpenParen);
    const operand = this.SUBRULE(this.expression);
    this.CONSUME(t.As);
    const name = this.CONSUME(t.Identifier);
    this.OPTION(() => {
      this.CONSUME2(t.OpenParen);
      this.CONSUME2(t.Identifier);
      this.CONSUME2(t.CloseParen);
    });
    this.CONSUME(t.CloseParen);
    const type = this.ACTION(() => castType(name));
    const lenient = keyword.tokenType === t.TryCast;
    return { kind: 'cast', operand, type, lenient, at: positionOf(keyword) };
  });

  readonly columnOrCall: Rule<Expression> = this.RULE('columnOrCall', () => {
    const first = this.SUBRULE(this.identifier);
    const path = [nameOf(first)];
    this.MANY(() => {
      this.CONSUME(t.Dot);
      this.OR([
        { ALT: () => path.push(nameOf(this.CONSUME(t.Word))) },
        {
          ALT: () => {
            const star = this.CONSUME(t.Star);
            this.ACTION(() => {
              throw notSupported(positionOf(star), 'unnesting with .*', 'name the fields');
            });
          },
        },
      ]);
    });
    const at = positionOf(first);
    const call = this.OPTION(() => this.SUBRULE(this.callTail));
    // `TIMESTAMP BY t OVER id` is the input's, `f(x) OVER (…)` the call's.
    const over = this.OPTION2({
      GATE: () => this.LA(2).tokenType === t.OpenParen,
      DEF: () => this.SUBRULE(this.overClause),
    });
    return this.ACTION((): Expression => {
      if (call !== undefined) return { kind: 'call', name: path.join('.'), ...call, over, at };
      if (over === undefined) return { kind: 'column', path, at };
      throw new QueryError(over.at, 'OVER follows a function call only');
    });
  });

  readonly callTail: Rule<{ args: readonly Expression[]; star: boolean }> = this.RULE(
    'callTail',
    () => {
      this.CONSUME(t.OpenParen);
      const args: Expression[] = [];
      let star = false;
      this.OPTION(() => {
        this.OR([
          {
            ALT: () => {
              this.CONSUME(t.Star);
              star = true;
            },
          },
          {
            ALT: () =>
              this.AT_LEAST_ONE_SEP({
                SEP: t.Comma,
                DEF: () => args.push(this.SUBRULE(this.expression)),
              }),
          },
        ]);
      });
      this.CONSUME(t.CloseParen);
      return { args, star };
    },
  );

  readonly argumentList: Rule<readonly Expression[]> = this.RULE('argumentList', () => {
    const list: Expression[] = [];
    this.CONSUME(t.OpenParen);
    this.AT_LEAST_ONE_SEP({
      SEP: t.Comma,
      DEF: () => list.push(this.SUBRULE(this.expression)),
    });
    this.CONSUME(t.CloseParen);
    return list;
  });

  readonly overClause: Rule<OverClause> = this.RULE('overClause', () => {
    const at = positionOf(this.CONSUME(t.Over));
    this.CONSUME(t.OpenParen);
    const partitionBy: Expression[] = [];
    this.OPTION(() => {
      this.CONSUME(t.Partition);
      this.CONSUME(t.By);
      this.AT_LEAST_ONE_SEP({
        SEP: t.Comma,
        DEF: () => partitionBy.push(this.SUBRULE(this.expression)),
      });
    });
    const limit = this.OPTION2(() => this.SUBRULE(this.durationLimit));
    const when = this.OPTION3(() => {
      this.CONSUME(t.When);
      return this.SUBRULE2(this.expression);
    });
    this.CONSUME(t.CloseParen);
    return { partitionBy, limit, when, at };
  });

  readonly durationLimit: Rule<DurationLimit> = this.RULE('durationLimit', () => {
    this.CONSUME(t.Limit);
    this.CONSUME(t.Duration);
    this.CONSUME(t.OpenParen);
    const unit = this.SUBRULE(this.expression);
    this.CONSUME(t.Comma);
    const length = this.SUBRULE2(this.expression);
    this.CONSUME(t.CloseParen);
    return { unit, length };
  });

  readonly identifier: Rule<IToken> = this.RULE('identifier', () =>
    this.OR([
      { ALT: () => this.CONSUME(t.Identifier) },
      { ALT: () => this.CONSUME(t.QuotedIdentifier) },
    ]),
  );
}

/** The name that a word or a `[quoted word]` stands for. */
export function nameOf(token: IToken): string {
  if (token.tokenType !== t.QuotedIdentifier) return token.image;
  return token.image.slice(1, -1).replaceAll(']]', ']');
}

function castType(token: IToken): SqlType {
  const type = CAST_TYPES.get(token.image.toLowerCase());
  if (type !== undefined) return type;
  const known = [...CAST_TYPES.values()].join(', ');
  throw new QueryError(positionOf(token), `unknown type ${token.image}; there are ${known}`);
}
