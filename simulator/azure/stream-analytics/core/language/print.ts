/**
 * One text for expressions that mean the same, whatever their letter case, spacing and place:
 * by it a GROUP BY key is found again in the SELECT list.
 */
import { toJsonText } from '../values.ts';
import type { Expression, OverClause } from './ast.ts';

/** The canonical text of an expression. `pathOf` strips the source's name from columns. */
export function print(
  expression: Expression,
  pathOf: (path: readonly string[]) => readonly string[],
): string {
  const go = (inner: Expression): string => print(inner, pathOf);
  switch (expression.kind) {
    case 'literal':
      return toJsonText(expression.value);
    case 'column':
      return pathOf(expression.path)
        .map((part) => `[${part.toLowerCase()}]`)
        .join('.');
    case 'call': {
      const args = expression.star ? '*' : expression.args.map(go).join(',');
      return `${expression.name.toLowerCase()}(${args})${printOver(expression.over, go)}`;
    }
    case 'case': {
      const branches = expression.branches.map(({ when, then }) => `${go(when)}:${go(then)}`);
      return `case(${optional(expression.operand, go)};${branches.join(';')};${optional(expression.otherwise, go)})`;
    }
    case 'binary':
      return `(${go(expression.left)}${expression.operator}${go(expression.right)})`;
    case 'negate':
    case 'not':
      return `${expression.kind}(${go(expression.operand)})`;
    case 'isNull':
      return `null(${go(expression.operand)},${expression.negated})`;
    case 'in':
      return `in(${go(expression.operand)},${expression.negated},${expression.list.map(go).join(',')})`;
    case 'between':
      return `between(${go(expression.operand)},${expression.negated},${go(expression.low)},${go(expression.high)})`;
    case 'like':
      return `like(${go(expression.operand)},${expression.negated},${go(expression.pattern)})`;
    case 'cast':
      return `cast(${go(expression.operand)},${expression.type},${expression.lenient})`;
  }
}

function optional(expression: Expression | undefined, go: (inner: Expression) => string): string {
  return expression === undefined ? '' : go(expression);
}

function printOver(over: OverClause | undefined, go: (inner: Expression) => string): string {
  if (over === undefined) return '';
  const limit = over.limit === undefined ? '' : `${go(over.limit.unit)},${go(over.limit.length)}`;
  return `over(${over.partitionBy.map(go).join(',')};${limit};${optional(over.when, go)})`;
}
