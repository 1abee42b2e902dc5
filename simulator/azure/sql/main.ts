/** Azure SQL on one machine. */
import { runLocalProcess } from '../../wire/local-process.ts';
import { startSql } from './sql-server.ts';

await runLocalProcess('sql', startSql);
