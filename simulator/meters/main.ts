import { runLocalProcess } from '../wire/local-process.ts';
import { startMeters } from './start-meters.ts';

await runLocalProcess('meters', startMeters);
