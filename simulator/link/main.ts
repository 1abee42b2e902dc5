import { runLocalProcess } from '../wire/local-process.ts';
import { startLink } from './link.ts';

await runLocalProcess('link', startLink);
