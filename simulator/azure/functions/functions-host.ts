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
  loadFunctionApp,
  type RegisteredFunction,
} from './function-app.ts';
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
    })
    .prefault({}),
});
type HostJson = z.infer<typeof HostJson>;

interface Host extends LocalProcessContext {
  readonly appSettings: AppSettings;
  readonly hostJson: HostJson;
}

/**
 * Starts the Function app of `cloud/function`; `giveSettings` puts the app settings where the app
 * reads them, the environment.
 */
export async function startFunctionsHost(
  context: LocalProcessContext,
  giveSettings: (appSettings: AppSettings) => void,
): Promise<RunningService> {
  const { settings, log } = context;
  const appSettings = localAppSettings(settings);
  giveSettings(appSettings);
  const hostFile = join(settings.projectFolder, 'cloud/function/host.json');
  const hostJson = HostJson.parse(JSON.parse(await readFile(hostFile, 'utf8')));
  const functions = await loadFunctionApp(APP_FOLDER, log);
  const recorders = functions.map((target) => new InvocationRecorder(target));
  const services: RunningService[] = [];
  for (const [index, target] of functions.entries()) {
    const recorder = recorders[index];
    if (recorder === undefined) continue;
    services.push(await startTrigger({ ...context, appSettings, hostJson }, target, recorder));
  }
  services.push(
    await startControlApi(settings, 'functions', (app) => {
      app.get('/status', () => ({ functions: recorders.map((recorder) => recorder.status()) }));
    }),
  );
  return {
    stop: async () => {
      await Promise.all(services.map((service) => service.stop()));
    },
  };
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
