import { runLocalProcess } from '../../wire/local-process.ts';
import { startEdgeAgent } from './edge-agent.ts';

await runLocalProcess('edge-agent', (context) => startEdgeAgent(context, process.env));
