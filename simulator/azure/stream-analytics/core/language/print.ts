/**
 * One text for expressions that mean the same, whatever their letter case, spacing and place:
 * by it a GROUP BY key is found again in the SELECT list.
 */
import { toJsonText } from '../values.ts';
import type { CallExpression, CaseExpression, Expression, OverClause } from './ast.ts';

/** The canonical text of an expression. `pathOf` strips the source's name from columns. */
export function print(
  expression: Expression,
  pathOf: (path: readonly string[]) => readonly string[],
): string {
  const go: Print = (inner) => print(inner, pathOf);
  switch (expression.kind) {
    case 'literal':
      return toJsonText(expression.value);
    case 'column':
      return pathOf(expression.path)
        .map((part) => `[${part.toLowerCase()}]`)
        .join('.');
    case 'call':
      return printCall(expression, go);
    case 'case':
      return printCase(expression, go);
    case 'binary':
      return `(${go(expression.left)}${expression.operator}${go(expression.right)})`;
    case 'cast':
      return `cast(${go(expression.operand)},${expression.type},${expression.lenient})`;
    default:
      return `${expression.kind}(${go(expression.operand)}${printRest(expression, go)})`;
  }
}

type Print = (inner: Expression) => string;

type Predicate = Extract<
  Expression,
  { kind: 'negate' | 'not' | 'isNull' | 'in' | 'between' | 'like' }
>;

function printRest(expression: Predicate, go: Print): string {
  switch (expression.kind) {
    case 'negate':
    case 'not':
      return '';
    case 'isNull':
      return `,${expression.negated}`;
    case 'in':
      return `,${expression.negated},${expression.list.map(go).join(',')}`;
    case 'between':
      return `,${expression.negated},${go(expression.low)},${go(expression.high)}`;
    case 'like':
      return `,${expression.negated},${go(expression.pattern)}`;
  }
}

function printCall(call: CallExpression, go: Print): string {
  const args = call.star ? '*' : call.args.map(go).join(',');
  return `${call.name.toLowerCase()}(${args})${printOver(call.over, go)}`;
}

function printCase({ operand, branches, otherwise }: CaseExpression, go: Print): string {
  const list = branches.map(({ when, result }) => `${go(when)}:${go(result)}`).join(';');
  return `case(${optional(operand, go)};${list};${optional(otherwise, go)})`;
}

function optional(expression: Expression | undefined, go: Print): string {
  return expression === undefined ? '' : go(expression);
}

function printOver(over: OverClause | undefined, go: Print): string {
  if (over === undefined) return '';
  const limit = over.limit === undefined ? '' : `${go(over.limit.unit)},${go(over.limit.length)}`;
  return `over(${over.partitionBy.map(go).join(',')};${limit};${optional(over.when, go)})`;
}
