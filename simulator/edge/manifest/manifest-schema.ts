/**
 * The deployment manifest as edgeAgent and edgeHub accept it.
 *
 * Source: Azure/iotedge: EdgeHubConfigParser.cs and Constants.cs (edgeHub 1.0 to 1.3),
 * EdgeAgentConnection.cs (edgeAgent up to 1.1), DockerModule.cs (defaults). Names, and that there are no
 * others: json.schemastore.org/azure-iot-edge-deployment-2.0.json. Wider than that in what edgeHub takes:
 * limits of the store, integrity.
 */
import { z } from 'zod';
import { joinCreateOptions } from './create-options.ts';
import { DEFAULT_PRIORITY } from '../edge-hub/routes/router.ts';

/** startupOrder of a module that names none: last. */
const LAST = 4_294_967_295;

const EnvironmentValue = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const Environment = z
  .record(
    z.string().regex(/^[^+#$\s.]+$/, 'must not hold +, #, $, a dot or white space'),
    z.strictObject({ value: EnvironmentValue }).transform(({ value }) => value),
  )
  .default({});

/** The pieces of createOptions have a size that a twin keeps whole. */
const CreateOptionsPiece = z.string().max(512, 'must not have more than 512 characters');

const ModuleSettings = z
  .looseObject({ image: z.string().min(1), createOptions: CreateOptionsPiece.optional() })
  .superRefine((settings, context) => {
    for (const [name, value] of Object.entries(settings)) {
      if (name === 'image' || name === 'createOptions') continue;
      if (!/^createOptions\d\d$/.test(name)) {
        context.addIssue({ code: 'custom', path: [name], message: 'is not a setting of a module' });
      } else if (!CreateOptionsPiece.safeParse(value).success) {
        const message = 'must be a text of at most 512 characters';
        context.addIssue({ code: 'custom', path: [name], message });
      }
    }
    const problem = problemOf(joinCreateOptions(settings));
    if (problem !== undefined) {
      context.addIssue({ code: 'custom', path: ['createOptions'], message: problem });
    }
  });

function problemOf(createOptions: string | undefined): string | undefined {
  if (createOptions === undefined || createOptions === '') return undefined;
  try {
    const options: unknown = JSON.parse(createOptions);
    const isObject = typeof options === 'object' && options !== null && !Array.isArray(options);
    return isObject ? undefined : 'must be a JSON object, as the Docker Engine API takes it';
  } catch {
    return 'must be JSON, as the Docker Engine API takes it';
  }
}

const PullPolicy = z.enum(['on-create', 'never']).optional();
const Status = z.enum(['running', 'stopped']);
const RestartPolicy = z.enum(['never', 'on-failure', 'on-unhealthy', 'always']);
const StartupOrder = z.int().min(0).max(LAST);

/** One entry of `modules`; defaults are edgeAgent's own. */
const ModuleDefinition = z.strictObject({
  version: z.string().optional(),
  type: z.literal('docker'),
  status: Status.default('running'),
  restartPolicy: RestartPolicy.default('on-unhealthy'),
  imagePullPolicy: PullPolicy,
  startupOrder: StartupOrder.default(LAST),
  env: Environment,
  settings: ModuleSettings,
});

const EdgeAgentModule = z.strictObject({
  type: z.literal('docker'),
  imagePullPolicy: PullPolicy,
  env: Environment,
  settings: ModuleSettings,
});

const EdgeHubModule = z.strictObject({
  type: z.literal('docker'),
  status: Status,
  restartPolicy: RestartPolicy,
  imagePullPolicy: PullPolicy,
  startupOrder: StartupOrder.optional(),
  env: Environment,
  settings: ModuleSettings,
});

const Runtime = z.strictObject({
  type: z.literal('docker'),
  settings: z.strictObject({
    minDockerVersion: z.string().optional(),
    loggingOptions: z.string().optional(),
    registryCredentials: z
      .record(
        z.string().regex(/^[^.$# ]+$/, 'must not hold a dot, $, # or a space'),
        z.strictObject({
          username: z.string(),
          password: z.string(),
          address: z.string().regex(/^\S+$/, 'must be a host name, such as registry.azurecr.io'),
        }),
      )
      .optional(),
  }),
});

const EdgeAgentDesired = z.strictObject({
  schemaVersion: z.string().regex(/^1\.[01](\.\d+)?$/, 'must be 1.0 or 1.1'),
  runtime: Runtime,
  systemModules: z.strictObject({ edgeAgent: EdgeAgentModule, edgeHub: EdgeHubModule }),
  modules: z
    .record(
      z.string().regex(/^[A-Za-z0-9_-]+$/, 'must be letters, digits, - and _'),
      ModuleDefinition,
    )
    .default({}),
});

const RouteObject = z.strictObject({
  route: z.string(),
  /** 0 is the highest. */
  priority: z.int().min(0).max(9).default(DEFAULT_PRIORITY),
  timeToLiveSecs: z.int().min(0).max(LAST).optional(),
});

const RouteEntry = z.preprocess(
  (route) => (typeof route === 'string' ? { route } : route),
  RouteObject,
);

const EdgeHubDesired = z.strictObject({
  schemaVersion: z.string().regex(/^1\.[0-3](\.\d+)?$/, 'must be 1.0, 1.1, 1.2 or 1.3'),
  routes: z.record(
    z.string().regex(/^[^.$# ]+$/, 'must not hold a dot, $, # or a space'),
    RouteEntry,
  ),
  /** Negative: messages never expire. */
  storeAndForwardConfiguration: z.strictObject({
    timeToLiveSecs: z.int(),
    storeLimits: z.strictObject({ maxSizeBytes: z.int().positive() }).optional(),
  }),
  integrity: z.looseObject({}).optional(),
});

const DESIRED = 'properties.desired';

/** The whole document. */
export const ManifestDocument = z.looseObject({
  modulesContent: z
    .object({
      $edgeAgent: z.object({ [DESIRED]: EdgeAgentDesired }),
      $edgeHub: z.object({ [DESIRED]: EdgeHubDesired }),
    })
    .catchall(z.object({ [DESIRED]: z.looseObject({}) })),
});
export type ManifestDocument = z.infer<typeof ManifestDocument>;
