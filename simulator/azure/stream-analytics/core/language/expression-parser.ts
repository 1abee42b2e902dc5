/** Grammar of operators: OR, AND, NOT, predicates, sums and products. */
import type { IToken } from 'chevrotain';
import type { BinaryOperator, Expression } from './ast.ts';
import { PrimaryParser, type Rule } from './primary-parser.ts';
import * as t from './tokens.ts';
import { positionOf } from './tokens.ts';

type Predicate = (operand: Expression) => Expression;

/** Parses expressions; `QueryParser` adds the statements around them. */
export class ExpressionParser extends PrimaryParser {
  readonly expression: Rule<Expression> = this.RULE('expression', () => {
    let left = this.SUBRULE(this.conjunction);
    this.MANY(() => {
      const operator = this.CONSUME(t.Or);
      const right = this.SUBRULE2(this.conjunction);
      left = binary('OR', left, right, operator);
    });
    return left;
  });

  readonly conjunction: Rule<Expression> = this.RULE('conjunction', () => {
    let left = this.SUBRULE(this.negation);
    this.MANY(() => {
      const operator = this.CONSUME(t.And);
      const right = this.SUBRULE2(this.negation);
      left = binary('AND', left, right, operator);
    });
    return left;
  });

  readonly negation: Rule<Expression> = this.RULE('negation', () =>
    this.OR<Expression>([
      {
        ALT: () => {
          const at = positionOf(this.CONSUME(t.Not));
          return { kind: 'not', operand: this.SUBRULE(this.negation), at };
        },
      },
      { ALT: () => this.SUBRULE(this.predicated) },
    ]),
  );

  readonly predicated: Rule<Expression> = this.RULE('predicated', () => {
    const operand = this.SUBRULE(this.sum);
    const predicate = this.OPTION(() => this.SUBRULE(this.predicate));
    return this.ACTION(() => (predicate === undefined ? operand : predicate(operand)));
  });

  readonly predicate: Rule<Predicate> = this.RULE('predicate', () =>
    this.OR<Predicate>([
      { ALT: () => this.SUBRULE(this.comparison) },
      { ALT: () => this.SUBRULE(this.nullTest) },
      {
        ALT: () => {
          const negated = this.OPTION(() => this.CONSUME(t.Not)) !== undefined;
          const test = this.SUBRULE(this.membership);
          return (operand) => test(operand, negated);
        },
      },
    ]),
  );

  readonly comparison: Rule<Predicate> = this.RULE('comparison', (): Predicate => {
    const operator = this.CONSUME(t.Comparison);
    const right = this.SUBRULE(this.sum);
    const name = operator.image === '!=' ? '<>' : operator.image;
    return (left) => binary(name as BinaryOperator, left, right, operator);
  });

  readonly nullTest: Rule<Predicate> = this.RULE('nullTest', (): Predicate => {
    const at = positionOf(this.CONSUME(t.Is));
    const negated = this.OPTION(() => this.CONSUME(t.Not)) !== undefined;
    this.CONSUME(t.Null);
    return (operand) => ({ kind: 'isNull', operand, negated, at });
  });

  readonly membership: Rule<(operand: Expression, negated: boolean) => Expression> = this.RULE(
    'membership',
    () =>
      this.OR<(operand: Expression, negated: boolean) => Expression>([
        {
          ALT: () => {
            const at = positionOf(this.CONSUME(t.In));
            const list = this.SUBRULE(this.argumentList);
            return (operand, negated) => ({ kind: 'in', operand, list, negated, at });
          },
        },
        {
          ALT: () => {
            const at = positionOf(this.CONSUME(t.Between));
            const low = this.SUBRULE1(this.sum);
            this.CONSUME(t.And);
            const high = this.SUBRULE2(this.sum);
            return (operand, negated) => ({ kind: 'between', operand, low, high, negated, at });
          },
        },
        {
          ALT: () => {
            const at = positionOf(this.CONSUME(t.Like));
            const pattern = this.SUBRULE3(this.sum);
            return (operand, negated) => ({ kind: 'like', operand, pattern, negated, at });
          },
        },
      ]),
  );

  readonly sum: Rule<Expression> = this.RULE('sum', () => {
    let left = this.SUBRULE(this.product);
    this.MANY(() => {
      const operator = this.OR([
        { ALT: () => this.CONSUME(t.Plus) },
        { ALT: () => this.CONSUME(t.Minus) },
      ]);
      const right = this.SUBRULE2(this.product);
      left = binary(operator.image as BinaryOperator, left, right, operator);
    });
    return left;
  });

  readonly product: Rule<Expression> = this.RULE('product', () => {
    let left = this.SUBRULE(this.unary);
    this.MANY(() => {
      const operator = this.OR([
        { ALT: () => this.CONSUME(t.Star) },
        { ALT: () => this.CONSUME(t.Slash) },
        { ALT: () => this.CONSUME(t.Percent) },
      ]);
      const right = this.SUBRULE2(this.unary);
      left = binary(operator.image as BinaryOperator, left, right, operator);
    });
    return left;
  });

  readonly unary: Rule<Expression> = this.RULE('unary', () =>
    this.OR<Expression>([
      {
        ALT: () => {
          const at = positionOf(this.CONSUME(t.Minus));
          return { kind: 'negate', operand: this.SUBRULE(this.unary), at };
        },
      },
      { ALT: () => this.SUBRULE(this.primary) },
    ]),
  );
}

function binary(
  operator: BinaryOperator,
  left: Expression,
  right: Expression,
  token: IToken,
): Expression {
  return { kind: 'binary', operator, left, right, at: positionOf(token) };
}
