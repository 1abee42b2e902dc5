/** Grammar of a batch: the statements that the local Azure SQL knows. Everything else is refused by name. */
import type {
  Assignment,
  Expression,
  InsertSource,
  MergeBranch,
  TransactionAction,
  Statement,
} from './ast.ts';
import { SqlError } from '../sql-error.ts';
import { AdministrationParser } from './administration-parser.ts';

/** Statements of T-SQL that are refused by their name; any other word is a slip. */
const OTHER_STATEMENTS = new Set(
  (
    'ADD BACKUP BREAK BULK CHECKPOINT CLOSE CONTINUE DBCC DEALLOCATE DENY DISABLE ENABLE EXEC EXECUTE ' +
    'FETCH GOTO KILL OPEN RAISERROR RECONFIGURE RESTORE RETURN REVERT REVOKE SAVE SHUTDOWN TRUNCATE ' +
    'USE WAITFOR WHILE'
  ).split(' '),
);

type StatementParser = (line: number) => Statement;

/**
 * Reads a batch.
 *
 * @throws SqlError 102 for what is no T-SQL, 40514 for what the local Azure SQL does not know
 */
export function parseBatch(batch: string): readonly Statement[] {
  return new BatchParser(batch).statements();
}

class BatchParser extends AdministrationParser {
  readonly #parsers: readonly (readonly [words: readonly string[], parse: StatementParser])[] = [
    [['SELECT'], (line) => this.#select(line)],
    [['INSERT'], (line) => this.#insert(line)],
    [['UPDATE'], (line) => this.#update(line)],
    [['DELETE'], (line) => this.#delete(line)],
    [['MERGE'], (line) => this.#merge(line)],
    [['CREATE'], (line) => this.#create(line)],
    [['ALTER'], (line) => this.#alter(line)],
    [['DROP'], (line) => this.#drop(line)],
    [['IF'], (line) => this.#if(line)],
    [['DECLARE'], (line) => this.#declare(line)],
    [['SET'], (line) => this.#set(line)],
    [['BEGIN'], (line) => this.#begin(line)],
    [['COMMIT'], (line) => this.#endTransaction('commit', line)],
    [['ROLLBACK'], (line) => this.#endTransaction('rollback', line)],
    [['PRINT'], (line) => ({ kind: 'print', line, message: this.expression() })],
    [['THROW'], (line) => this.#throw(line)],
    [['GRANT'], (line) => this.grant(line)],
  ];

  statements(): Statement[] {
    const statements: Statement[] = [];
    while (!this.#atStatementsEnd()) {
      statements.push(this.#statement());
      const isViewBehindOthers = statements.length > 1 && statements.at(-1)?.kind === 'createView';
      if (isViewBehindOthers) {
        const message = "'CREATE VIEW' must be the first statement in a query batch.";
        throw new SqlError(111, message, { severity: 15, line: this.line });
      }
    }
    if (!this.isAtEnd) throw this.unexpected();
    return statements;
  }

  #atStatementsEnd(): boolean {
    while (this.takes(';'));
    return this.isAtEnd || this.sees('END') || this.sees('ELSE');
  }

  #statement(): Statement {
    const { line } = this;
    if (this.sees('WITH')) return this.#select(line);
    const parser = this.#parsers.find(([words]) => this.sees(...words));
    if (parser === undefined) {
      const word = this.peek().text.toUpperCase();
      throw OTHER_STATEMENTS.has(word) ? this.refuse(word) : this.unexpected();
    }
    if (!this.sees('SELECT')) this.next();
    const statement = parser[1](line);
    if (statement.kind === 'merge' && !this.sees(';')) {
      const message = 'A MERGE statement must be terminated by a semi-colon (;).';
      throw new SqlError(10_713, message, { severity: 15, line });
    }
    return statement;
  }

  #select(line: number): Statement {
    return { kind: 'select', line, query: this.query() };
  }

  #insert(line: number): Statement {
    if (this.takes('BULK')) return this.#bulkInsert(line);
    this.takes('INTO');
    const table = this.objectName();
    this.tableHints();
    const columns = this.columnNames();
    if (this.sees('OUTPUT') || this.sees('DEFAULT') || this.sees('EXEC')) {
      throw this.refuse(`INSERT … ${this.peek().text.toUpperCase()}`);
    }
    const source: InsertSource = this.takes('VALUES')
      ? { kind: 'rows', rows: this.list(() => this.rowValues()) }
      : { kind: 'query', query: this.query() };
    return { kind: 'insert', line, table, columns, source };
  }

  /** What a client sends before a bulk load; types and options follow from the load itself. */
  #bulkInsert(line: number): Statement {
    const table = this.objectName();
    const columns = this.inBrackets(() =>
      this.list(() => {
        const name = this.name();
        this.type();
        return name;
      }),
    );
    if (this.takes('WITH')) this.#skipBrackets();
    return { kind: 'bulkInsert', line, table, columns };
  }

  #skipBrackets(): void {
    this.expect('(');
    for (let depth = 1; depth > 0 && !this.isAtEnd;) {
      const { text } = this.next();
      if (text === '(') depth += 1;
      if (text === ')') depth -= 1;
    }
  }

  #update(line: number): Statement {
    const table = this.objectName();
    this.tableHints();
    this.expect('SET');
    const assignments = this.#assignments();
    if (this.sees('FROM') || this.sees('OUTPUT')) throw this.refuse('UPDATE … FROM or OUTPUT');
    return { kind: 'update', line, table, assignments, where: this.#where() };
  }

  #assignments(): Assignment[] {
    return this.list(() => {
      const column = this.objectName().at(-1) ?? '';
      this.expect('=');
      return { column, value: this.expression() };
    });
  }

  #where(): Expression | undefined {
    return this.takes('WHERE') ? this.expression() : undefined;
  }

  #delete(line: number): Statement {
    this.takes('FROM');
    const table = this.objectName();
    this.tableHints();
    return { kind: 'delete', line, table, where: this.#where() };
  }

  #merge(line: number): Statement {
    this.takes('INTO');
    const table = this.objectName();
    this.tableHints();
    const alias = this.sourceAlias();
    this.expect('USING');
    const source = this.tableSource();
    this.expect('ON');
    const on = this.expression();
    const branches: MergeBranch[] = [];
    while (this.takes('WHEN')) branches.push(this.#mergeBranch());
    if (branches.length === 0) throw this.unexpected();
    return { kind: 'merge', line, table, alias, source, on, branches };
  }

  #mergeBranch(): MergeBranch {
    const isMatched = !this.takes('NOT');
    this.expect('MATCHED');
    if (this.takes('BY') && !this.takes('TARGET')) throw this.refuse('NOT MATCHED BY SOURCE');
    const condition = this.takes('AND') ? this.expression() : undefined;
    this.expect('THEN');
    return { isMatched, condition, action: this.#mergeAction() };
  }

  #mergeAction(): MergeBranch['action'] {
    if (this.takes('UPDATE', 'SET')) return { kind: 'update', assignments: this.#assignments() };
    if (this.takes('DELETE')) return { kind: 'delete' };
    this.expect('INSERT');
    const columns = this.columnNames();
    this.expect('VALUES');
    return { kind: 'insert', columns, values: this.rowValues() };
  }

  #create(line: number): Statement {
    if (this.takes('TABLE')) return this.createTable(line);
    if (this.takes('OR', 'ALTER', 'VIEW')) return this.createView(line, true);
    if (this.takes('VIEW')) return this.createView(line, false);
    if (this.takes('ROLE')) return { kind: 'createRole', line, role: this.name() };
    if (this.takes('USER')) return this.createUser(line);
    const isUnique = this.takes('UNIQUE');
    if (!this.takes('CLUSTERED')) this.takes('NONCLUSTERED');
    if (this.takes('INDEX')) return this.createIndex(line, isUnique);
    throw this.refuse(`CREATE ${this.peek().text.toUpperCase()}`);
  }

  #alter(line: number): Statement {
    if (this.takes('TABLE')) return this.alterTable(line);
    if (!this.takes('ROLE')) throw this.refuse(`ALTER ${this.peek().text.toUpperCase()}`);
    return this.alterRole(line);
  }

  #drop(line: number): Statement {
    const what = (['TABLE', 'VIEW'] as const).find((word) => this.takes(word));
    if (what === undefined) throw this.refuse(`DROP ${this.peek().text.toUpperCase()}`);
    const ifExists = this.takes('IF', 'EXISTS');
    return { kind: 'drop', line, what, name: this.objectName(), ifExists };
  }

  #if(line: number): Statement {
    const condition = this.expression();
    const whenTrue = [this.#statement()];
    while (this.sees(';') && this.peek(1).text.toUpperCase() === 'ELSE') this.next();
    const whenFalse = this.takes('ELSE') ? [this.#statement()] : [];
    return { kind: 'if', line, condition, whenTrue, whenFalse };
  }

  #declare(line: number): Statement {
    const variables = this.list(() => {
      const name = this.variableName();
      this.takes('AS');
      const type = this.type();
      return { name, type, value: this.takes('=') ? this.expression() : undefined };
    });
    return { kind: 'declare', line, variables };
  }

  #set(line: number): Statement {
    if (this.peek().kind === 'variable') {
      const variable = this.variableName();
      this.expect('=');
      return { kind: 'assign', line, variable, value: this.expression() };
    }
    if (this.takes('TRANSACTION', 'ISOLATION', 'LEVEL')) {
      const first = this.word();
      const value = ['READ', 'REPEATABLE'].includes(first.toUpperCase())
        ? `${first} ${this.word()}`
        : first;
      return { kind: 'setOption', line, option: 'TRANSACTION ISOLATION LEVEL', value };
    }
    return { kind: 'setOption', line, option: this.word().toUpperCase(), value: this.next().text };
  }

  #begin(line: number): Statement {
    if (this.takes('TRANSACTION') || this.takes('TRAN'))
      return { kind: 'transaction', line, action: 'begin' };
    if (this.sees('TRY') || this.sees('CATCH')) throw this.refuse('BEGIN TRY');
    const statements: Statement[] = [];
    while (!this.#atStatementsEnd()) statements.push(this.#statement());
    this.expect('END');
    return { kind: 'block', line, statements };
  }

  #endTransaction(action: TransactionAction, line: number): Statement {
    if (!this.takes('TRANSACTION')) this.takes('TRAN');
    return { kind: 'transaction', line, action };
  }

  #throw(line: number): Statement {
    const number = this.expression();
    this.expect(',');
    const message = this.expression();
    this.expect(',');
    return { kind: 'throw', line, number, message, state: this.expression() };
  }
}
