/** What `npm run sql` does. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { USAGE, readArguments, type Member } from './arguments.ts';
import { openDatabase, type OpenDatabase } from './connect.ts';
import { migrate, readMigrations, splitBatches } from './migrations.ts';

/**
 * Runs a command and gives the lines that it prints.
 *
 * @param folder of cloud/sql
 * @throws Error with one sentence that names the place and the remedy
 */
export async function runSqlCommand(
  words: readonly string[],
  password: string | undefined,
  folder: string,
): Promise<string[]> {
  const command = readArguments(words, password);
  if (command.kind === 'help') return [USAGE];
  const database = await openDatabase(command.address);
  try {
    switch (command.kind) {
      case 'migrate':
        return await migrateAll(database, join(folder, 'migrations'));
      case 'users':
        return await addUsers(database, command.members, join(folder, 'users.sql'));
      case 'query':
        return (await database.run(command.text)).map((row) => JSON.stringify(row));
    }
  } finally {
    await database.close();
  }
}

async function migrateAll(database: OpenDatabase, folder: string): Promise<string[]> {
  const migrations = readMigrations(folder);
  const applied = await migrate(database, migrations);
  if (applied.length === 0) return [`Nothing to do: all ${migrations.length} have been applied.`];
  return applied.map((name) => `applied ${name}`);
}

async function addUsers(
  database: OpenDatabase,
  members: readonly Member[],
  script: string,
): Promise<string[]> {
  const text = readFileSync(script, 'utf8');
  const lines: string[] = [];
  for (const { user, role } of members) {
    const filled = text.replaceAll('$(user)', user).replaceAll('$(role)', role);
    for (const batch of splitBatches(filled)) await database.run(batch);
    lines.push(`${user} is a member of ${role}`);
  }
  return lines;
}
