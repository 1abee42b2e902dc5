/** The syntax tree of a route's condition. `offset` is the place in the route's text. */
export type Condition =
  | { readonly kind: 'literal'; readonly value: ConditionValue; readonly offset: number }
  /** An application property. */
  | { readonly kind: 'property'; readonly name: string; readonly offset: number }
  /** `$name`: application property `$name`, else system property or body query; escaped: never the former. */
  | {
      readonly kind: 'system';
      readonly name: string;
      readonly escaped: boolean;
      readonly offset: number;
    }
  | {
      readonly kind: 'unary';
      readonly operator: 'not' | '-';
      readonly operand: Condition;
      readonly offset: number;
    }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Condition;
      readonly right: Condition;
      readonly offset: number;
    }
  | {
      readonly kind: 'call';
      readonly name: string;
      readonly operands: readonly Condition[];
      readonly offset: number;
    };

export type BinaryOperator =
  '*' | '/' | '%' | '+' | '-' | '||' | '<' | '<=' | '>' | '>=' | '=' | '!=' | 'and' | 'or' | '??';

/** `undefined` is a value of its own: what is not there, and everything computed from it. */
export type ConditionValue = string | number | boolean | null | undefined;
