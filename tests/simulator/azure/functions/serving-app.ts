/** Loads the Functions app in a folder and answers its HTTP triggers: one app per process. */
import { loadFunctionApp } from '../../../../simulator/azure/functions/function-app.ts';
import { httpTrigger, startHttpFront } from '../../../../simulator/azure/functions/http-front.ts';
import { InvocationRecorder } from '../../../../simulator/azure/functions/invocations.ts';
import { createLogger } from '../../../../simulator/wire/logger.ts';

const [, , folder = '', port = '', functionKey = ''] = process.argv;
const log = createLogger('functions', 'info');
try {
  const functions = await loadFunctionApp(folder, log);
  const triggers = functions.map((target) => httpTrigger(target, new InvocationRecorder(target)));
  const options = { port: Number(port), routePrefix: 'api', functionKey, log };
  await startHttpFront(triggers, options);
  process.send?.('ready');
} catch (error) {
  process.send?.(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
