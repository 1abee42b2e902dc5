/** Grammar of users, roles and what they may do. */
import type { Permission, Statement } from './ast.ts';
import { TableParser } from './table-parser.ts';

/** Reads CREATE USER, ALTER ROLE and GRANT. */
export abstract class AdministrationParser extends TableParser {
  protected createUser(line: number): Statement {
    const user = this.name();
    if (this.takes('FROM', 'EXTERNAL', 'PROVIDER')) {
      return { kind: 'createUser', line, user, password: undefined };
    }
    this.expect('WITH', 'PASSWORD', '=');
    return { kind: 'createUser', line, user, password: this.textValue() };
  }

  protected alterRole(line: number): Statement {
    const role = this.name();
    this.expect('ADD', 'MEMBER');
    return { kind: 'addMember', line, role, member: this.name() };
  }

  protected grant(line: number): Statement {
    const permissions = this.list(() => this.#permission());
    this.expect('ON');
    if (this.takes('OBJECT')) this.expect('::');
    else if (this.sees('SCHEMA', '::')) throw this.refuse('GRANT ON SCHEMA');
    const object = this.objectName();
    this.expect('TO');
    return { kind: 'grant', line, permissions, object, principals: this.list(() => this.name()) };
  }

  #permission(): Permission {
    const word = this.word().toUpperCase();
    switch (word) {
      case 'SELECT':
      case 'INSERT':
      case 'UPDATE':
      case 'DELETE':
        return word;
      default:
        throw this.refuse(`GRANT ${word}`);
    }
  }
}
