/** Grammar of queries: SELECT with all that belongs to it. */
import type { Expression, Query, QueryBody, Select, SelectItem, TableSource } from './ast.ts';
import { ExpressionParser } from './expression-parser.ts';

const JOINS: readonly (readonly [words: readonly string[], type: string])[] = [
  [['INNER', 'JOIN'], 'INNER'],
  [['JOIN'], 'INNER'],
  [['LEFT', 'OUTER', 'JOIN'], 'LEFT'],
  [['LEFT', 'JOIN'], 'LEFT'],
  [['RIGHT', 'OUTER', 'JOIN'], 'RIGHT'],
  [['RIGHT', 'JOIN'], 'RIGHT'],
  [['FULL', 'OUTER', 'JOIN'], 'FULL'],
  [['FULL', 'JOIN'], 'FULL'],
  [['CROSS', 'JOIN'], 'CROSS'],
];

/** Locks that a statement asks for: the local database serialises writers anyway. */
const TABLE_HINTS = new Set(
  'HOLDLOCK NOLOCK PAGLOCK READCOMMITTED READPAST REPEATABLEREAD ROWLOCK SERIALIZABLE TABLOCK TABLOCKX UPDLOCK XLOCK'.split(
    ' ',
  ),
);

/** Reads queries. */
export abstract class QueryParser extends ExpressionParser {
  protected query(): Query {
    const steps = this.takes('WITH') ? this.list(() => this.#step()) : [];
    const body = this.#body();
    const orderBy = this.takes('ORDER', 'BY') ? this.orderItems() : [];
    const offset = this.takes('OFFSET') ? this.#rowCount() : undefined;
    const fetch =
      this.takes('FETCH', 'NEXT') || this.takes('FETCH', 'FIRST') ? this.#rowCount() : undefined;
    if (fetch !== undefined) this.expect('ONLY');
    if (this.sees('FOR') || this.sees('OPTION')) throw this.refuse(this.peek().text.toUpperCase());
    return { kind: 'query', steps, body, orderBy, offset, fetch };
  }

  #step(): Query['steps'][number] {
    const name = this.name();
    const columns = this.columnNames();
    this.expect('AS');
    return { name, columns, query: this.inBrackets(() => this.query()) };
  }

  #rowCount(): Expression {
    const count = this.expression();
    if (!this.takes('ROWS')) this.expect('ROW');
    return count;
  }

  #body(): QueryBody {
    let left = this.#term();
    for (;;) {
      const operator = this.#setOperator();
      if (operator === undefined) return left;
      left = { kind: 'set', operator, left, right: this.#term() };
    }
  }

  #setOperator(): string | undefined {
    if (this.takes('UNION', 'ALL')) return 'UNION ALL';
    return ['UNION', 'EXCEPT', 'INTERSECT'].find((word) => this.takes(word));
  }

  #term(): QueryBody {
    return this.sees('(') ? this.inBrackets(() => this.#body()) : this.#select();
  }

  #select(): Select {
    this.expect('SELECT');
    const isDistinct = this.takes('DISTINCT');
    if (!isDistinct) this.takes('ALL');
    const top = this.takes('TOP') ? this.#top() : undefined;
    const items = this.list(() => this.#item());
    if (this.sees('INTO')) throw this.refuse('SELECT INTO');
    const from = this.takes('FROM') ? this.list(() => this.tableSource()) : [];
    const where = this.takes('WHERE') ? this.expression() : undefined;
    const groupBy = this.takes('GROUP', 'BY') ? this.list(() => this.expression()) : [];
    const having = this.takes('HAVING') ? this.expression() : undefined;
    return { kind: 'select', isDistinct, top, items, from, where, groupBy, having };
  }

  #top(): Expression {
    const count: Expression = this.sees('(')
      ? this.inBrackets(() => this.expression())
      : { kind: 'number', text: String(this.wholeNumber()) };
    if (this.sees('PERCENT') || this.sees('WITH', 'TIES'))
      throw this.refuse('TOP … PERCENT or TIES');
    return count;
  }

  #item(): SelectItem {
    if (this.takes('*')) return { kind: 'star', of: [] };
    const star = this.#qualifiedStar();
    if (star !== undefined) return star;
    if (this.peek().kind === 'variable' && this.peek(1).text === '=') {
      const variable = this.variableName();
      this.expect('=');
      return { kind: 'assign', variable, expression: this.expression() };
    }
    const expression = this.expression();
    return { kind: 'value', expression, alias: this.#alias() };
  }

  #qualifiedStar(): SelectItem | undefined {
    if (!this.seesName() || this.peek(1).text !== '.' || this.peek(2).text !== '*')
      return undefined;
    const of = [this.name()];
    this.expect('.', '*');
    return { kind: 'star', of };
  }

  #alias(): string | undefined {
    if (this.takes('AS')) {
      return this.peek().kind === 'text' ? this.textValue() : this.name();
    }
    return this.seesName() && !this.sees('OFFSET') ? this.name() : undefined;
  }

  protected tableSource(): TableSource {
    let left = this.#singleSource();
    for (;;) {
      const join = JOINS.find(([words]) => this.takes(...words));
      if (join === undefined) return left;
      const [, type] = join;
      const right = this.#singleSource();
      if (type !== 'CROSS') this.expect('ON');
      left = {
        kind: 'join',
        type,
        left,
        right,
        on: type === 'CROSS' ? undefined : this.expression(),
      };
    }
  }

  #singleSource(): TableSource {
    if (this.sees('(')) return this.#derived();
    const name = this.objectName();
    if (this.sees('(')) throw this.refuse(`table function ${name.join('.')}`);
    const alias = this.sourceAlias();
    this.tableHints();
    return { kind: 'table', name, alias };
  }

  #derived(): TableSource {
    const query = this.inBrackets(() => {
      if (!this.takes('VALUES')) return this.query();
      return { kind: 'values' as const, rows: this.list(() => this.rowValues()) };
    });
    const alias = this.sourceAlias();
    if (alias === undefined) throw this.unexpected();
    return { kind: 'derived', query, alias, columns: this.columnNames() };
  }

  protected sourceAlias(): string | undefined {
    if (this.takes('AS')) return this.name();
    return this.seesName() && !this.sees('USING') ? this.name() : undefined;
  }

  /** Takes `WITH (HOLDLOCK)` and its like. */
  protected tableHints(): void {
    if (!this.sees('WITH', '(')) return;
    this.expect('WITH');
    this.inBrackets(() =>
      this.list(() => {
        if (!TABLE_HINTS.has(this.peek().text.toUpperCase())) throw this.refuse(this.peek().text);
        this.next();
      }),
    );
  }

  protected rowValues(): Expression[] {
    return this.inBrackets(() => this.list(() => this.expression()));
  }

  protected columnNames(): string[] {
    return this.sees('(') ? this.inBrackets(() => this.list(() => this.name())) : [];
  }
}
