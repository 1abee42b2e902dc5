/** The local Functions host: loads the app, starts its triggers, and tells what they do. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { startControlApi } from '../../wire/control-api.ts';
import type { LocalProcessContext, RunningService } from '../../wire/local-process.ts';
import {
  localAppSettings,
  requireSetting,
  resolveOption,
  type AppSettings,
} from './app-settings.ts';
import { startEventHubTrigger } from './event-hub-trigger.ts';
import {
  FunctionsNotSupportedError,
  HTTP_TRIGGER,
  loadFunctionApp,
  type RegisteredFunction,
} from './function-app.ts';
import { functionKey } from './function-key.ts';
import { httpTrigger, startHttpFront } from './http-front.ts';
import { InvocationRecorder } from './invocations.ts';
import { startTimerTrigger } from './timer-trigger.ts';

/** Beside this file in the compiled tree, and in the sources alike. */
const APP_FOLDER = fileURLToPath(
  new URL('../../../cloud/function/src/functions/', import.meta.url),
);

/** What this host reads of a `host.json`. */
const HostJson = z.looseObject({
  extensions: z
    .looseObject({
      eventHubs: z.looseObject({ maxEventBatchSize: z.int().min(1).default(100) }).prefault({}),
      http: z.looseObject({ routePrefix: z.string().default('api') }).prefault({}),
    })
    .prefault({}),
});
type HostJson = z.infer<typeof HostJson>;

interface Host extends LocalProcessContext {
  readonly appSettings: AppSettings;
  readonly hostJson: HostJson;
}

/** A function of the app, and who calls it. */
interface Hosted {
  readonly target: RegisteredFunction;
  readonly recorder: InvocationRecorder;
}

/**
 * Starts the Function app of `cloud/function`, or the one whose scripts are in `appFolder`;
 * `giveSettings` puts the app settings where the app reads them, the environment.
 */
export async function startFunctionsHost(
  context: LocalProcessContext,
  giveSettings: (appSettings: AppSettings) => void,
  appFolder: string = APP_FOLDER,
): Promise<RunningService> {
  const { settings, log } = context;
  const appSettings = localAppSettings(settings);
  giveSettings(appSettings);
  const hostFile = join(settings.projectFolder, 'cloud/function/host.json');
  const hostJson = HostJson.parse(JSON.parse(await readFile(hostFile, 'utf8')));
  const functions = (await loadFunctionApp(appFolder, log)).map((target) => ({
    target,
    recorder: new InvocationRecorder(target),
  }));
  const host: Host = { ...context, appSettings, hostJson };
  const services = [
    await startHttpFront(
      functions.filter(isHttp).map(({ target, recorder }) => httpTrigger(target, recorder)),
      {
        port: settings.ports.functions,
        routePrefix: hostJson.extensions.http.routePrefix,
        functionKey: functionKey(settings),
        log,
      },
    ),
    await startControlApi(settings, 'functions', (app) => {
      app.get('/status', () => ({
        functions: functions.map(({ recorder }) => recorder.status()),
      }));
    }),
  ];
  for (const { target, recorder } of functions.filter((hosted) => !isHttp(hosted))) {
    services.push(await startTrigger(host, target, recorder));
  }
  return {
    stop: async () => {
      await Promise.all(services.map((service) => service.stop()));
    },
  };
}

function isHttp({ target }: Hosted): boolean {
  return target.trigger.type === HTTP_TRIGGER;
}

async function startTrigger(
  host: Host,
  { name, trigger, metadata }: RegisteredFunction,
  target: InvocationRecorder,
): Promise<RunningService> {
  const { appSettings, log } = host;
  const option = (key: string): string => resolveOption(appSettings, key, trigger[key]);
  switch (trigger.type) {
    case 'timerTrigger':
      return startTimerTrigger({
        bindingName: trigger.name,
        schedule: option('schedule'),
        target,
        log,
      });
    case 'eventHubTrigger':
      return startEventHubTrigger({
        bindingName: trigger.name,
        connectionString: requireSetting(appSettings, option('connection')),
        eventHubName: option('eventHubName'),
        consumerGroup:
          trigger['consumerGroup'] === undefined ? '$Default' : option('consumerGroup'),
        isBatch: trigger['cardinality'] === 'many',
        maxBatchSize: host.hostJson.extensions.eventHubs.maxEventBatchSize,
        retryPolicy: metadata.retryOptions,
        storageConnectionString: requireSetting(appSettings, 'AzureWebJobsStorage'),
        target,
        log,
      });
    default:
      throw new FunctionsNotSupportedError(
        `the local Functions host plays no ${trigger.type} (function ${name})`,
      );
  }
}
