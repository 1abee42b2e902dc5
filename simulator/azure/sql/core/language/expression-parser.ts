/** Grammar of expressions and conditions. */
import type { Call, Expression, OrderItem, Over, Query } from './ast.ts';
import { TokenCursor } from './token-cursor.ts';

const COMPARISONS = ['=', '<>', '!=', '<=', '>=', '<', '>'];
/** Functions whose first argument is a unit such as `hour`. */
const WITH_DATE_PART = new Set(['DATEADD', 'DATEDIFF', 'DATEDIFF_BIG', 'DATEPART']);

/** Reads expressions; queries inside them are the subclass's. */
export abstract class ExpressionParser extends TokenCursor {
  protected abstract query(): Query;

  protected expression(): Expression {
    return this.#chain(['OR'], () => this.#chain(['AND'], () => this.#negation()));
  }

  #negation(): Expression {
    if (this.takes('NOT')) return { kind: 'unary', operator: 'NOT', operand: this.#negation() };
    if (this.takes('EXISTS')) {
      return { kind: 'exists', query: this.inBrackets(() => this.query()) };
    }
    return this.#comparison();
  }

  #comparison(): Expression {
    const left = this.#sum();
    for (const operator of COMPARISONS) {
      if (this.takes(operator)) return { kind: 'binary', operator, left, right: this.#sum() };
    }
    if (this.takes('IS')) {
      const isNegated = this.takes('NOT');
      this.expect('NULL');
      return { kind: 'isNull', operand: left, isNegated };
    }
    const isNegated = this.takes('NOT');
    if (this.takes('IN')) return this.#membership(left, isNegated);
    if (this.takes('BETWEEN')) {
      const low = this.#sum();
      this.expect('AND');
      return { kind: 'between', operand: left, isNegated, low, high: this.#sum() };
    }
    if (this.takes('LIKE')) {
      const operator = isNegated ? 'NOT LIKE' : 'LIKE';
      return { kind: 'binary', operator, left, right: this.#sum() };
    }
    if (isNegated) throw this.unexpected();
    return left;
  }

  #membership(operand: Expression, isNegated: boolean): Expression {
    const choices = this.inBrackets(() =>
      this.sees('SELECT') || this.sees('WITH') ? this.query() : this.list(() => this.expression()),
    );
    return { kind: 'in', operand, isNegated, choices };
  }

  #sum(): Expression {
    return this.#chain(['+', '-'], () => this.#chain(['*', '/', '%'], () => this.#factor()));
  }

  #chain(operators: readonly string[], operand: () => Expression): Expression {
    let left = operand();
    for (;;) {
      const operator = operators.find((each) => this.takes(each));
      if (operator === undefined) return left;
      left = { kind: 'binary', operator, left, right: operand() };
    }
  }

  #factor(): Expression {
    for (const operator of ['-', '+']) {
      if (this.takes(operator)) return { kind: 'unary', operator, operand: this.#factor() };
    }
    const operand = this.#primary();
    if (!this.takes('COLLATE')) return operand;
    throw this.refuse('COLLATE in an expression');
  }

  #primary(): Expression {
    const { kind, line } = this.peek();
    if (kind === 'number') return { kind: 'number', text: this.next().text };
    if (kind === 'text') return { kind: 'literal', value: this.textValue() };
    if (kind === 'variable') return { kind: 'variable', name: this.next().text, line };
    return this.#word(line);
  }

  #word(line: number): Expression {
    if (this.takes('NULL')) return { kind: 'literal', value: null };
    if (this.sees('(')) return this.#bracket();
    if (this.takes('CASE')) return this.#case();
    if (this.sees('CAST', '(') || this.sees('TRY_CAST', '(')) return this.#cast();
    if (this.sees('CONVERT', '(') || this.sees('TRY_CONVERT', '(')) return this.#convert();
    if (this.peek().kind === 'word' && this.peek(1).text === '(') return this.#call();
    return { kind: 'column', name: this.objectName(), line };
  }

  #bracket(): Expression {
    return this.inBrackets((): Expression =>
      this.sees('SELECT') || this.sees('WITH')
        ? { kind: 'subquery', query: this.query() }
        : this.expression(),
    );
  }

  #case(): Expression {
    const operand = this.sees('WHEN') ? undefined : this.expression();
    const branches: { when: Expression; result: Expression }[] = [];
    while (this.takes('WHEN')) {
      const when = this.expression();
      this.expect('THEN');
      branches.push({ when, result: this.expression() });
    }
    if (branches.length === 0) throw this.unexpected();
    const otherwise = this.takes('ELSE') ? this.expression() : undefined;
    this.expect('END');
    return { kind: 'case', operand, branches, otherwise };
  }

  #cast(): Expression {
    const isTry = this.word().toUpperCase() === 'TRY_CAST';
    return this.inBrackets((): Expression => {
      const operand = this.expression();
      this.expect('AS');
      return { kind: 'cast', operand, type: this.type(), isTry };
    });
  }

  #convert(): Expression {
    const isTry = this.word().toUpperCase() === 'TRY_CONVERT';
    return this.inBrackets((): Expression => {
      const type = this.type();
      this.expect(',');
      const operand = this.expression();
      if (this.sees(',')) throw this.refuse('a style in CONVERT');
      return { kind: 'cast', operand, type, isTry };
    });
  }

  #call(): Call {
    const { line } = this;
    const name = this.word().toUpperCase();
    const inner = this.inBrackets(() => {
      const datePart = WITH_DATE_PART.has(name) ? this.word().toLowerCase() : undefined;
      if (datePart !== undefined) this.expect(',');
      if (this.takes('*')) return { isStar: true, isDistinct: false, args: [], datePart };
      const isDistinct = this.takes('DISTINCT');
      const args = this.sees(')') ? [] : this.list(() => this.expression());
      return { isStar: false, isDistinct, args, datePart };
    });
    const over = this.takes('OVER') ? this.inBrackets(() => this.#over()) : undefined;
    return { kind: 'call', name, ...inner, over, line };
  }

  #over(): Over {
    const partitionBy = this.takes('PARTITION', 'BY') ? this.list(() => this.expression()) : [];
    const orderBy = this.takes('ORDER', 'BY') ? this.orderItems() : [];
    return { partitionBy, orderBy, frame: this.#frame() };
  }

  #frame(): string | undefined {
    if (!this.takes('ROWS')) return undefined;
    if (!this.takes('BETWEEN')) return `ROWS ${this.#frameEnd()}`;
    const start = this.#frameEnd();
    this.expect('AND');
    return `ROWS BETWEEN ${start} AND ${this.#frameEnd()}`;
  }

  #frameEnd(): string {
    if (this.takes('CURRENT', 'ROW')) return 'CURRENT ROW';
    const size = this.takes('UNBOUNDED') ? 'UNBOUNDED' : String(this.wholeNumber());
    if (this.takes('PRECEDING')) return `${size} PRECEDING`;
    this.expect('FOLLOWING');
    return `${size} FOLLOWING`;
  }

  protected orderItems(): OrderItem[] {
    return this.list(() => {
      const expression = this.expression();
      const isDescending = this.takes('DESC');
      if (!isDescending) this.takes('ASC');
      return { expression, isDescending };
    });
  }
}
