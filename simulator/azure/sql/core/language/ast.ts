/** The shapes of the T-SQL that the local Azure SQL understands. */
import type { SqlType, SqlValue } from '../types.ts';

/** `dbo.averages`, outermost part first. */
export type ObjectName = readonly string[];

export interface Over {
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly OrderItem[];
  /** `ROWS BETWEEN …` as DuckDB spells it too. */
  readonly frame: string | undefined;
}

export interface Call {
  readonly kind: 'call';
  /** In capitals. */
  readonly name: string;
  readonly args: readonly Expression[];
  readonly isDistinct: boolean;
  /** `COUNT(*)`. */
  readonly isStar: boolean;
  /** First argument of DATEADD and its like, in small letters. */
  readonly datePart: string | undefined;
  readonly over: Over | undefined;
  readonly line: number;
}

export type Expression =
  | { readonly kind: 'literal'; readonly value: SqlValue }
  /** A number as written: `99.99` is a decimal, no float. */
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'column'; readonly name: ObjectName; readonly line: number }
  | { readonly kind: 'variable'; readonly name: string; readonly line: number }
  | { readonly kind: 'unary'; readonly operator: string; readonly operand: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'isNull'; readonly operand: Expression; readonly isNegated: boolean }
  | {
      readonly kind: 'in';
      readonly operand: Expression;
      readonly isNegated: boolean;
      readonly choices: readonly Expression[] | Query;
    }
  | {
      readonly kind: 'between';
      readonly operand: Expression;
      readonly isNegated: boolean;
      readonly low: Expression;
      readonly high: Expression;
    }
  | { readonly kind: 'exists'; readonly query: Query }
  | { readonly kind: 'subquery'; readonly query: Query }
  | {
      readonly kind: 'case';
      readonly operand: Expression | undefined;
      readonly branches: readonly { readonly when: Expression; readonly result: Expression }[];
      readonly otherwise: Expression | undefined;
    }
  | {
      readonly kind: 'cast';
      readonly operand: Expression;
      readonly type: SqlType;
      readonly isTry: boolean;
    }
  | Call;

export interface OrderItem {
  readonly expression: Expression;
  readonly isDescending: boolean;
}

export type SelectItem =
  | { readonly kind: 'star'; readonly of: ObjectName }
  | { readonly kind: 'value'; readonly expression: Expression; readonly alias: string | undefined }
  /** `SELECT @x = …` */
  | { readonly kind: 'assign'; readonly variable: string; readonly expression: Expression };

export type TableSource =
  | { readonly kind: 'table'; readonly name: ObjectName; readonly alias: string | undefined }
  | {
      readonly kind: 'derived';
      readonly query: Query | { readonly kind: 'values'; readonly rows: readonly Expression[][] };
      readonly alias: string;
      readonly columns: readonly string[];
    }
  | {
      readonly kind: 'join';
      /** `INNER`, `LEFT`, `RIGHT`, `FULL`, `CROSS`. */
      readonly type: string;
      readonly left: TableSource;
      readonly right: TableSource;
      readonly on: Expression | undefined;
    };

export interface Select {
  readonly kind: 'select';
  readonly isDistinct: boolean;
  readonly top: Expression | undefined;
  readonly items: readonly SelectItem[];
  readonly from: readonly TableSource[];
  readonly where: Expression | undefined;
  readonly groupBy: readonly Expression[];
  readonly having: Expression | undefined;
}

export type QueryBody =
  | Select
  | {
      readonly kind: 'set';
      /** `UNION`, `UNION ALL`, `EXCEPT`, `INTERSECT`. */
      readonly operator: string;
      readonly left: QueryBody;
      readonly right: QueryBody;
    };

/** A whole query; what a view, a subquery and a statement share. */
export interface Query {
  readonly kind: 'query';
  readonly steps: readonly {
    readonly name: string;
    readonly columns: readonly string[];
    readonly query: Query;
  }[];
  readonly body: QueryBody;
  readonly orderBy: readonly OrderItem[];
  readonly offset: Expression | undefined;
  readonly fetch: Expression | undefined;
}

export interface Assignment {
  readonly column: string;
  readonly value: Expression;
}

export type InsertSource =
  | { readonly kind: 'rows'; readonly rows: readonly (readonly Expression[])[] }
  | { readonly kind: 'query'; readonly query: Query };

export interface MergeBranch {
  readonly isMatched: boolean;
  readonly condition: Expression | undefined;
  readonly action:
    | { readonly kind: 'update'; readonly assignments: readonly Assignment[] }
    | { readonly kind: 'delete' }
    | {
        readonly kind: 'insert';
        readonly columns: readonly string[];
        readonly values: readonly Expression[];
      };
}

export interface ColumnDefinition {
  readonly name: string;
  readonly type: SqlType;
  readonly isNullable: boolean;
  /** Text that compares byte by byte, as a `_BIN2` collation has it. */
  readonly isBinary: boolean;
  readonly defaultValue: Expression | undefined;
  readonly line: number;
}

export interface KeyDefinition {
  readonly name: string | undefined;
  /** A constraint's violation is error 2627, a bare index's 2601. */
  readonly kind: 'primaryKey' | 'unique' | 'uniqueIndex' | 'index';
  readonly columns: readonly string[];
  readonly ignoresDuplicates: boolean;
  readonly line: number;
}

export interface CheckDefinition {
  readonly name: string | undefined;
  readonly condition: Expression;
}

export interface TableDefinition {
  readonly columns: readonly ColumnDefinition[];
  readonly keys: readonly KeyDefinition[];
  readonly checks: readonly CheckDefinition[];
}

/** What happens to a transaction. */
export type TransactionAction = 'begin' | 'commit' | 'rollback';

/** What a role or user may be granted on an object. */
export type Permission = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE';

export type Statement = { readonly line: number } & (
  | { readonly kind: 'select'; readonly query: Query }
  | {
      readonly kind: 'insert';
      readonly table: ObjectName;
      readonly columns: readonly string[];
      readonly source: InsertSource;
    }
  | {
      readonly kind: 'update';
      readonly table: ObjectName;
      readonly assignments: readonly Assignment[];
      readonly where: Expression | undefined;
    }
  | { readonly kind: 'delete'; readonly table: ObjectName; readonly where: Expression | undefined }
  | {
      readonly kind: 'merge';
      readonly table: ObjectName;
      readonly alias: string | undefined;
      readonly source: TableSource;
      readonly on: Expression;
      readonly branches: readonly MergeBranch[];
    }
  | {
      readonly kind: 'createTable';
      readonly table: ObjectName;
      readonly definition: TableDefinition;
    }
  | {
      readonly kind: 'addColumns';
      readonly table: ObjectName;
      readonly definition: TableDefinition;
    }
  | { readonly kind: 'createIndex'; readonly table: ObjectName; readonly key: KeyDefinition }
  | {
      readonly kind: 'createView';
      readonly view: ObjectName;
      readonly replaces: boolean;
      readonly query: Query;
    }
  | {
      readonly kind: 'drop';
      readonly what: 'TABLE' | 'VIEW';
      readonly name: ObjectName;
      readonly ifExists: boolean;
    }
  | {
      readonly kind: 'if';
      readonly condition: Expression;
      readonly whenTrue: readonly Statement[];
      readonly whenFalse: readonly Statement[];
    }
  | { readonly kind: 'block'; readonly statements: readonly Statement[] }
  | {
      readonly kind: 'declare';
      readonly variables: readonly {
        readonly name: string;
        readonly type: SqlType;
        readonly value: Expression | undefined;
      }[];
    }
  | { readonly kind: 'assign'; readonly variable: string; readonly value: Expression }
  | { readonly kind: 'setOption'; readonly option: string; readonly value: string }
  | { readonly kind: 'transaction'; readonly action: TransactionAction }
  | { readonly kind: 'print'; readonly message: Expression }
  | {
      readonly kind: 'throw';
      readonly number: Expression;
      readonly message: Expression;
      readonly state: Expression;
    }
  | { readonly kind: 'bulkInsert'; readonly table: ObjectName; readonly columns: readonly string[] }
  | { readonly kind: 'createRole'; readonly role: string }
  | {
      readonly kind: 'createUser';
      readonly user: string;
      /** `FROM EXTERNAL PROVIDER` has no password. */
      readonly password: string | undefined;
    }
  | { readonly kind: 'addMember'; readonly role: string; readonly member: string }
  | {
      readonly kind: 'grant';
      readonly permissions: readonly Permission[];
      readonly object: ObjectName;
      readonly principals: readonly string[];
    }
);
