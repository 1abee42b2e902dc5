/** Grammar of what defines tables, indexes and views. */
import type {
  CheckDefinition,
  ColumnDefinition,
  Expression,
  KeyDefinition,
  ObjectName,
  Statement,
  TableDefinition,
} from './ast.ts';
import { isText } from '../types.ts';
import { QueryParser } from './query-parser.ts';

interface Draft {
  readonly columns: ColumnDefinition[];
  readonly keys: KeyDefinition[];
  readonly checks: CheckDefinition[];
}

interface ColumnOptions {
  isNullable: boolean;
  isBinary: boolean;
  defaultValue: Expression | undefined;
}

/** Index options that say how data lies on disk and nothing else. */
const STORAGE_OPTIONS = new Set(
  'DATA_COMPRESSION FILLFACTOR OPTIMIZE_FOR_SEQUENTIAL_KEY PAD_INDEX ONLINE'.split(' '),
);

/** Reads CREATE and ALTER of tables, indexes and views. */
export abstract class TableParser extends QueryParser {
  protected createTable(line: number): Statement {
    const table = this.objectName();
    const draft = newDraft();
    this.inBrackets(() => this.list(() => this.#element(draft)));
    return { kind: 'createTable', line, table, definition: draft };
  }

  protected alterTable(line: number): Statement {
    const table = this.objectName();
    if (!this.takes('ADD')) throw this.refuse(`ALTER TABLE … ${this.peek().text.toUpperCase()}`);
    const draft = newDraft();
    this.list(() => this.#element(draft));
    if (draft.keys.length > 0 || draft.checks.length > 0) {
      throw this.refuse('ALTER TABLE … ADD of a constraint');
    }
    return { kind: 'addColumns', line, table, definition: draft };
  }

  protected createIndex(line: number, isUnique: boolean): Statement {
    const name = this.name();
    this.expect('ON');
    const table = this.objectName();
    const columns = this.#keyColumns();
    if (this.takes('INCLUDE')) this.columnNames();
    if (this.sees('WHERE')) throw this.refuse('a filtered index');
    const ignoresDuplicates = this.#indexOptions();
    const kind = isUnique ? 'uniqueIndex' : 'index';
    return {
      kind: 'createIndex',
      line,
      table,
      key: { name, kind, columns, ignoresDuplicates, line },
    };
  }

  protected createView(line: number, replaces: boolean): Statement {
    const view = this.objectName();
    if (this.sees('(') || this.sees('WITH')) throw this.refuse('options of a view');
    this.expect('AS');
    return { kind: 'createView', line, view, replaces, query: this.query() };
  }

  #element(draft: Draft): void {
    const { line } = this;
    const isConstraint = this.takes('CONSTRAINT');
    const name = isConstraint ? this.name() : undefined;
    if (this.#tableConstraint(draft, name, line)) return;
    if (isConstraint) throw this.unexpected();
    if (this.takes('INDEX')) {
      const indexName = this.name();
      const kind = this.takes('UNIQUE') ? 'uniqueIndex' : 'index';
      draft.keys.push(this.#key(indexName, kind, line));
      return;
    }
    this.#column(draft, line);
  }

  #tableConstraint(draft: Draft, name: string | undefined, line: number): boolean {
    if (this.takes('PRIMARY', 'KEY')) draft.keys.push(this.#key(name, 'primaryKey', line));
    else if (this.takes('UNIQUE')) draft.keys.push(this.#key(name, 'unique', line));
    else if (this.takes('CHECK')) draft.checks.push({ name, condition: this.#check() });
    else if (this.sees('FOREIGN')) throw this.refuse('FOREIGN KEY');
    else return false;
    return true;
  }

  #key(name: string | undefined, kind: KeyDefinition['kind'], line: number): KeyDefinition {
    this.#clustering();
    const columns = this.#keyColumns();
    return { name, kind, columns, ignoresDuplicates: this.#indexOptions(), line };
  }

  #clustering(): void {
    if (!this.takes('CLUSTERED')) this.takes('NONCLUSTERED');
  }

  #keyColumns(): string[] {
    return this.inBrackets(() =>
      this.list(() => {
        const name = this.name();
        if (!this.takes('ASC')) this.takes('DESC');
        return name;
      }),
    );
  }

  #check(): Expression {
    return this.inBrackets(() => this.expression());
  }

  /** Whether duplicates are ignored. */
  #indexOptions(): boolean {
    let ignoresDuplicates = false;
    if (!this.takes('WITH')) return false;
    this.inBrackets(() =>
      this.list(() => {
        const option = this.word().toUpperCase();
        this.expect('=');
        const value = this.next().text.toUpperCase();
        if (option === 'IGNORE_DUP_KEY') ignoresDuplicates = value === 'ON';
        else if (!STORAGE_OPTIONS.has(option)) throw this.refuse(`index option ${option}`);
      }),
    );
    return ignoresDuplicates;
  }

  #column(draft: Draft, line: number): void {
    const name = this.name();
    const type = this.type();
    const options: ColumnOptions = {
      isNullable: true,
      isBinary: !isText(type),
      defaultValue: undefined,
    };
    while (this.#columnOption(options, draft, name));
    if (this.sees('IDENTITY') || this.sees('AS') || this.sees('REFERENCES')) {
      throw this.refuse(`${this.peek().text.toUpperCase()} in a column`);
    }
    draft.columns.push({ name, type, ...options, line });
  }

  #columnOption(column: ColumnOptions, draft: Draft, name: string): boolean {
    if (this.takes('NOT', 'NULL')) column.isNullable = false;
    else if (this.takes('NULL')) column.isNullable = true;
    else if (this.takes('COLLATE')) column.isBinary = this.word().toUpperCase().includes('_BIN2');
    else return this.#columnConstraint(column, draft, name);
    return true;
  }

  #columnConstraint(column: ColumnOptions, draft: Draft, name: string): boolean {
    const constraint = this.takes('CONSTRAINT') ? this.name() : undefined;
    if (this.takes('DEFAULT')) column.defaultValue = this.expression();
    else if (this.takes('CHECK')) draft.checks.push({ name: constraint, condition: this.#check() });
    else if (this.takes('UNIQUE')) draft.keys.push(this.#columnKey(constraint, 'unique', name));
    else if (this.takes('PRIMARY', 'KEY')) {
      draft.keys.push(this.#columnKey(constraint, 'primaryKey', name));
    } else if (constraint === undefined) return false;
    else throw this.unexpected();
    return true;
  }

  #columnKey(name: string | undefined, kind: KeyDefinition['kind'], column: string): KeyDefinition {
    const { line } = this;
    this.#clustering();
    return { name, kind, columns: [column], ignoresDuplicates: this.#indexOptions(), line };
  }
}

function newDraft(): Draft & TableDefinition {
  return { columns: [], keys: [], checks: [] };
}

/** The schema that names without one belong to. */
const DEFAULT_SCHEMA = 'dbo';

/** Schema and name of an object. */
export function splitName(name: ObjectName): { schema: string; object: string } {
  const [object = '', schema = DEFAULT_SCHEMA] = name.toReversed();
  return { schema, object };
}
