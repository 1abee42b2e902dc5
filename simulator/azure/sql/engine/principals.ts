/** Who may do what: the database's users and roles, and what they were granted. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ObjectName, Permission, Statement } from '../core/language/ast.ts';
import { splitName } from '../core/language/table-parser.ts';
import { quoteText } from '../core/duckdb/quote.ts';
import { SqlError, notSupported } from '../core/sql-error.ts';
import { plainText } from '../core/types.ts';
import { Catalog } from './catalog.ts';
import type { DuckSession } from './duck-database.ts';

/** Somebody who signed in. */
export interface Principal {
  readonly name: string;
  /** Owns the database: nothing is denied. */
  readonly isOwner: boolean;
}

type Of<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

/** Statements that this file runs. */
export type Administration = Of<'createRole' | 'createUser' | 'addMember' | 'grant'>;

/** Runs a statement about users and roles; the caller holds a transaction. */
export async function administer(session: DuckSession, statement: Administration): Promise<void> {
  switch (statement.kind) {
    case 'createRole':
      return await addPrincipal(session, { name: statement.role, type: 'R', line: statement.line });
    case 'createUser': {
      const { user: name, password, line } = statement;
      if (password === undefined) throw notSupported('CREATE USER … FROM EXTERNAL PROVIDER', line);
      return await addPrincipal(session, { name, type: 'S', line, password });
    }
    case 'addMember': {
      const role = await principalId(session, statement.role, statement.line);
      const member = await principalId(session, statement.member, statement.line);
      await session.run(
        `INSERT INTO sys.database_role_members SELECT ${role}, ${member} WHERE NOT EXISTS ` +
          `(SELECT 1 FROM sys.database_role_members WHERE role_principal_id = ${role} AND member_principal_id = ${member})`,
      );
      return;
    }
    case 'grant':
      return await grant(session, statement);
  }
}

async function addPrincipal(
  session: DuckSession,
  {
    name,
    type,
    password,
    line,
  }: { name: string; type: 'R' | 'S'; password?: string; line: number },
): Promise<void> {
  const { rows } = await session.run(
    `SELECT 1 FROM sys.database_principals WHERE lower(name) = lower(${quoteText(name)})`,
  );
  if (rows.length > 0) {
    const message = `User, group, or role '${name}' already exists in the current database.`;
    throw new SqlError(15_023, message, { line });
  }
  const description = type === 'R' ? 'DATABASE_ROLE' : 'SQL_USER';
  const hash = password === undefined ? 'NULL' : quoteText(hashPassword(password));
  await session.run(
    `INSERT INTO sys.database_principals VALUES (nextval('sys.ids'), ${quoteText(name)}, '${type}', '${description}', ${hash})`,
  );
}

async function grant(
  session: DuckSession,
  { permissions, object, principals, line }: Of<'grant'>,
): Promise<void> {
  const { schema, object: name } = splitName(object);
  const found = await new Catalog(session).find(schema, name);
  if (found === undefined) {
    const message = `Cannot find the object '${name}', because it does not exist or you do not have permission.`;
    throw new SqlError(15_151, message, { line });
  }
  for (const principal of principals) {
    const id = await principalId(session, principal, line);
    for (const permission of permissions) {
      await session.run(
        `INSERT INTO sys.database_permissions SELECT ${found.id}, ${id}, '${permission}' WHERE NOT EXISTS ` +
          `(SELECT 1 FROM sys.database_permissions WHERE major_id = ${found.id} ` +
          `AND grantee_principal_id = ${id} AND permission_name = '${permission}')`,
      );
    }
  }
}

async function principalId(session: DuckSession, name: string, line: number): Promise<number> {
  const { rows } = await session.run(
    `SELECT principal_id FROM sys.database_principals WHERE lower(name) = lower(${quoteText(name)})`,
  );
  const id = rows[0]?.[0];
  if (typeof id === 'number') return id;
  const message = `Cannot find the user '${name}', because it does not exist or you do not have permission.`;
  throw new SqlError(15_151, message, { line });
}

/** Whether the principal, or one of its roles, was granted it; `sys` is everybody's to read. */
export async function mayDo(
  session: DuckSession,
  principal: Principal,
  permission: Permission,
  object: ObjectName,
): Promise<boolean> {
  const { schema, object: name } = splitName(object);
  if (principal.isOwner || schema.toLowerCase() !== 'dbo') return true;
  const found = await new Catalog(session).find(schema, name);
  // A step of WITH, or nothing that there is.
  if (found === undefined) return true;
  const { rows } = await session.run(
    'SELECT 1 FROM sys.database_permissions AS granted JOIN sys.database_principals AS self ' +
      `ON lower(self.name) = lower(${quoteText(principal.name)}) WHERE granted.major_id = ${found.id} ` +
      `AND granted.permission_name = '${permission}' AND (granted.grantee_principal_id = self.principal_id ` +
      'OR granted.grantee_principal_id IN (SELECT role_principal_id FROM sys.database_role_members ' +
      'WHERE member_principal_id = self.principal_id)) LIMIT 1',
  );
  return rows.length > 0;
}

/** What SQL Server says to one who may not. */
export function permissionDenied(permission: Permission, name: ObjectName): SqlError {
  const { schema, object } = splitName(name);
  return new SqlError(
    229,
    `The ${permission} permission was denied on the object '${object}', database 'smart-meters', schema '${schema}'.`,
    { severity: 14, state: 5 },
  );
}

/** @throws SqlError 262 for anybody but the owner */
export function requireOwner(principal: Principal, what: string): void {
  if (principal.isOwner) return;
  const message = `${what} permission denied in database 'smart-meters'.`;
  throw new SqlError(262, message, { severity: 14 });
}

/** The user of that name if the password is right. */
export async function signIn(
  session: DuckSession,
  name: string,
  password: string,
): Promise<Principal | undefined> {
  const { rows } = await session.run(
    `SELECT name, password_hash FROM sys.database_principals WHERE type = 'S' AND lower(name) = lower(${quoteText(name)})`,
  );
  const [found] = rows;
  if (found === undefined || !isRightPassword(password, plainText(found[1]))) return undefined;
  return { name: plainText(found[0]), isOwner: false };
}

/** Salt and hash. The passwords here are random keys of this machine: one round is enough. */
function hashPassword(password: string, salt = randomBytes(16).toString('hex')): string {
  return `${salt}:${createHash('sha256').update(`${salt}:${password}`).digest('hex')}`;
}

function isRightPassword(password: string, stored: string): boolean {
  const expected = Buffer.from(stored);
  const given = Buffer.from(hashPassword(password, stored.split(':')[0]));
  return expected.length === given.length && timingSafeEqual(expected, given);
}
