import { runLocalProcess } from '../../wire/local-process.ts';
import { startEdgeHub } from './edge-hub.ts';

await runLocalProcess('edge-hub', startEdgeHub);
