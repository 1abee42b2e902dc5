import { runLocalProcess } from '../wire/local-process.ts';
import { startConsole } from './server/console.ts';

await runLocalProcess('console', startConsole);
