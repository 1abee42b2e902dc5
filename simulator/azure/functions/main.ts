import { runLocalProcess } from '../../wire/local-process.ts';
import { startFunctionsHost } from './functions-host.ts';

await runLocalProcess('functions', (context) =>
  startFunctionsHost(context, (appSettings) => Object.assign(process.env, appSettings)),
);
