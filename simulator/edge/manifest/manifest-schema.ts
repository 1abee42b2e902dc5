/**
 * The deployment manifest as edgeAgent and edgeHub accept it.
 *
 * Source: Azure/iotedge: EdgeHubConfigParser.cs and Constants.cs (edgeHub 1.0 to 1.3),
 * EdgeAgentConnection.cs (edgeAgent up to 1.1), DockerModule.cs (defaults);
 * json.schemastore.org/azure-iot-edge-deployment-template-4.0.json (names).
 */
import { z } from 'zod';
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

const ModuleSettings = z.looseObject({
  image: z.string().min(1),
  createOptions: z.union([z.string(), z.looseObject({})]).optional(),
});

/** One entry of `modules`; defaults are edgeAgent's own. */
const ModuleDefinition = z.looseObject({
  type: z.literal('docker'),
  status: z.enum(['running', 'stopped']).default('running'),
  restartPolicy: z.enum(['never', 'on-failure', 'on-unhealthy', 'always']).default('on-unhealthy'),
  startupOrder: z.int().min(0).max(LAST).default(LAST),
  env: Environment,
  settings: ModuleSettings,
});

const EdgeAgentDesired = z.looseObject({
  schemaVersion: z.string().regex(/^1\.[01](\.\d+)?$/, 'must be 1.0 or 1.1'),
  runtime: z.looseObject({ type: z.literal('docker') }),
  systemModules: z.looseObject({
    edgeAgent: z.looseObject({}),
    edgeHub: z.looseObject({ env: Environment }),
  }),
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

const EdgeHubDesired = z.looseObject({
  schemaVersion: z.string().regex(/^1\.[0-3](\.\d+)?$/, 'must be 1.0, 1.1, 1.2 or 1.3'),
  routes: z.record(
    z.string().regex(/^[^.$# ]+$/, 'must not hold a dot, $, # or a space'),
    RouteEntry,
  ),
  /** Negative: messages never expire. */
  storeAndForwardConfiguration: z.looseObject({ timeToLiveSecs: z.int() }),
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
