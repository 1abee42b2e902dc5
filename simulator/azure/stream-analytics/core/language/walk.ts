import type { CallExpression, Expression, OverClause } from './ast.ts';

/** Calls within an expression, outermost first, for which `matches` holds; it looks no deeper there. */
export function findCalls(
  expression: Expression,
  matches: (call: CallExpression) => boolean,
): CallExpression[] {
  if (expression.kind === 'call' && matches(expression)) return [expression];
  return children(expression).flatMap((child) => findCalls(child, matches));
}

function children(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'literal':
    case 'column':
      return [];
    case 'call':
      return [...expression.args, ...overChildren(expression.over)];
    case 'case':
      return [
        ...present(expression.operand),
        ...expression.branches.flatMap(({ when, result }) => [when, result]),
        ...present(expression.otherwise),
      ];
    case 'binary':
      return [expression.left, expression.right];
    case 'in':
      return [expression.operand, ...expression.list];
    case 'between':
      return [expression.operand, expression.low, expression.high];
    case 'like':
      return [expression.operand, expression.pattern];
    default:
      return [expression.operand];
  }
}

function overChildren(over: OverClause | undefined): readonly Expression[] {
  return over === undefined ? [] : [...over.partitionBy, ...present(over.when)];
}

function present(expression: Expression | undefined): readonly Expression[] {
  return expression === undefined ? [] : [expression];
}
