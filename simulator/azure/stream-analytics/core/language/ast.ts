/** The syntax tree of a query file. Every node knows where it stands, for errors. */
import type { Position } from '../query-error.ts';
import type { SqlType, Value } from '../values.ts';

export type BinaryOperator =
  '+' | '-' | '*' | '/' | '%' | '=' | '<>' | '<' | '<=' | '>' | '>=' | 'AND' | 'OR';

/** `OVER ([PARTITION BY …] LIMIT DURATION(unit, length) [WHEN …])` */
export interface OverClause {
  readonly partitionBy: readonly Expression[];
  readonly limit: DurationLimit | undefined;
  readonly when: Expression | undefined;
  readonly at: Position;
}

export interface DurationLimit {
  readonly unit: Expression;
  readonly length: Expression;
}

export interface ColumnExpression {
  readonly kind: 'column';
  /** `a.b.c`: a source or a column, then fields of records. */
  readonly path: readonly string[];
  readonly at: Position;
}

export interface CallExpression {
  readonly kind: 'call';
  /** As written; `System.Timestamp` keeps its dot. */
  readonly name: string;
  readonly args: readonly Expression[];
  /** `COUNT(*)` */
  readonly star: boolean;
  readonly over: OverClause | undefined;
  readonly at: Position;
}

export interface CaseExpression {
  readonly kind: 'case';
  readonly operand: Expression | undefined;
  readonly branches: readonly { readonly when: Expression; readonly result: Expression }[];
  readonly otherwise: Expression | undefined;
  readonly at: Position;
}

export type Expression =
  | { readonly kind: 'literal'; readonly value: Value; readonly at: Position }
  | ColumnExpression
  | CallExpression
  | CaseExpression
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
      readonly at: Position;
    }
  | {
      readonly kind: 'negate' | 'not';
      readonly operand: Expression;
      readonly at: Position;
    }
  | {
      readonly kind: 'isNull';
      readonly operand: Expression;
      readonly negated: boolean;
      readonly at: Position;
    }
  | {
      readonly kind: 'in';
      readonly operand: Expression;
      readonly list: readonly Expression[];
      readonly negated: boolean;
      readonly at: Position;
    }
  | {
      readonly kind: 'between';
      readonly operand: Expression;
      readonly low: Expression;
      readonly high: Expression;
      readonly negated: boolean;
      readonly at: Position;
    }
  | {
      readonly kind: 'like';
      readonly operand: Expression;
      readonly pattern: Expression;
      readonly negated: boolean;
      readonly at: Position;
    }
  | {
      readonly kind: 'cast';
      readonly operand: Expression;
      readonly type: SqlType;
      /** TRY_CAST */
      readonly lenient: boolean;
      readonly at: Position;
    };

export type SelectItem =
  | { readonly kind: 'star'; readonly at: Position }
  | {
      readonly kind: 'expression';
      readonly expression: Expression;
      readonly alias: string | undefined;
    };

/** A name with its place: an input, output or step. */
export interface Name {
  readonly text: string;
  readonly at: Position;
}

/** `FROM name [AS alias] [TIMESTAMP BY … [OVER …]]` */
export interface Source {
  readonly name: Name;
  readonly alias: string | undefined;
  readonly timestampBy: Expression | undefined;
  readonly over: readonly Expression[];
}

export interface Select {
  readonly items: readonly SelectItem[];
  readonly into: Name | undefined;
  readonly from: Source;
  readonly where: Expression | undefined;
  readonly groupBy: readonly Expression[];
  readonly having: Expression | undefined;
  readonly at: Position;
}

/** `WITH` steps, then one or more `SELECT … INTO …`. */
export interface Query {
  readonly steps: readonly { readonly name: Name; readonly select: Select }[];
  readonly selects: readonly Select[];
}
