/**
 * Reads a deployment manifest: expanded, validated, every route parsed.
 *
 * Invariant: a manifest that was read can be run; what is wrong is reported all at once, each
 * problem with its place in the file and its remedy.
 */
import { readFileSync } from 'node:fs';
import { RouteError } from '../edge-hub/routes/route-error.ts';
import { parseRoute } from '../edge-hub/routes/route-parser.ts';
import type { RouteDefinition } from '../edge-hub/routes/router.ts';
import { emptySection, replaceSection } from '../../wire/twin-document.ts';
import { expandTemplate, type Expansion } from './expand-template.ts';
import { jsonPath, ManifestError } from './manifest-error.ts';
import { ManifestDocument } from './manifest-schema.ts';
import type { FindImage, Variables } from './module-images.ts';

/** One module to run. */
export interface ManifestModule {
  readonly id: string;
  /** What to run: locally the path of a compiled main.js. */
  readonly image: string;
  readonly status: 'running' | 'stopped';
  readonly restartPolicy: 'never' | 'on-failure' | 'on-unhealthy' | 'always';
  readonly startupOrder: number;
  readonly environment: Readonly<Record<string, string>>;
}

export interface Manifest {
  readonly file: string;
  /** In order of their start. */
  readonly modules: readonly ManifestModule[];
  readonly routes: readonly RouteDefinition[];
  /** Desired properties by module id, `$edgeAgent` and `$edgeHub` included. */
  readonly desiredProperties: Readonly<Record<string, unknown>>;
  /** The expanded document, as `az iot edge set-modules` would send it. */
  readonly document: unknown;
}

/** What a template's placeholders stand for. */
export interface TemplateContext {
  readonly variables: Variables;
  readonly findImage: FindImage;
}

/** @throws ManifestError with every problem found */
export function readManifest(file: string, context: TemplateContext): Manifest {
  const { document, problems } = readTemplate(file, context);
  const parsed = ManifestDocument.safeParse(document);
  if (!parsed.success) {
    throw new ManifestError(file, [...problems, ...parsed.error.issues.map(describeIssue)]);
  }
  const manifest = toManifest(file, document, parsed.data);
  const all = [...problems, ...routeProblems(manifest), ...twinProblems(manifest)];
  if (all.length > 0) throw new ManifestError(file, all);
  return manifest;
}

function readTemplate(file: string, { variables, findImage }: TemplateContext): Expansion {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ManifestError(file, [`It cannot be read: ${describe(error)}. Check the path.`]);
  }
  try {
    return expandTemplate(text, variables, findImage);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ManifestError(file, [`It is not JSON${placeOf(error, text)}: ${describe(error)}.`]);
  }
}

/** JSON.parse tells a position in its message only, and not in all cases. */
function placeOf(error: unknown, text: string): string {
  const position = /at position (\d+)/.exec(describe(error))?.[1];
  if (position === undefined) return '';
  const lines = text.slice(0, Number(position)).split('\n');
  return ` (line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1})`;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

interface Issue {
  readonly path: PropertyKey[];
  readonly message: string;
}

function describeIssue({ path, message }: Issue): string {
  const place = path.length === 0 ? 'the document' : jsonPath(path);
  return `${place}: ${message}. See docs/differences.md for what a manifest may hold.`;
}

function toManifest(file: string, document: unknown, parsed: ManifestDocument): Manifest {
  const { $edgeAgent: agent, $edgeHub: hub } = parsed.modulesContent;
  const { routes, storeAndForwardConfiguration } = hub['properties.desired'];
  const { modules } = agent['properties.desired'];
  return {
    file,
    document,
    modules: Object.entries(modules)
      .map(([id, { settings, env, status, restartPolicy, startupOrder }]) => {
        const { image } = settings;
        return { id, image, status, restartPolicy, startupOrder, environment: env };
      })
      .toSorted((a, b) => a.startupOrder - b.startupOrder),
    routes: Object.entries(routes).map(([name, { route, priority, timeToLiveSecs }]) => ({
      name,
      route,
      priority,
      timeToLiveSeconds: timeToLive(timeToLiveSecs, storeAndForwardConfiguration.timeToLiveSecs),
    })),
    desiredProperties: desiredOf(document),
  };
}

/** A route's 0 means the global value, and a negative global value means for ever. */
function timeToLive(routeSeconds: number | undefined, globalSeconds: number): number | undefined {
  if (routeSeconds !== undefined && routeSeconds > 0) return routeSeconds;
  return globalSeconds < 0 ? undefined : globalSeconds;
}

/** From the document itself: the schemas would add their defaults. */
function desiredOf(document: unknown): Record<string, unknown> {
  const { modulesContent } = document as {
    modulesContent: Record<string, Record<string, unknown>>;
  };
  return Object.fromEntries(
    Object.entries(modulesContent).map(([id, content]) => [id, content['properties.desired']]),
  );
}

function routeProblems({ routes, modules }: Manifest): string[] {
  const known = new Set(modules.map(({ id }) => id));
  return routes.flatMap(({ name, route }) => {
    const place = jsonPath(['modulesContent', '$edgeHub', 'properties.desired', 'routes', name]);
    try {
      const { sink } = parseRoute(route);
      if (sink.kind === 'upstream' || known.has(sink.moduleId)) return [];
      return [
        `${place}: route ${name} leads to the module ${sink.moduleId}, which is not in the manifest. ` +
          `There are: ${[...known].join(', ')}.`,
      ];
    } catch (error) {
      if (!(error instanceof RouteError)) throw error;
      return [`${place}: route ${name}: ${error.message}`];
    }
  });
}

/** What IoT Hub would refuse to keep in a twin: size, depth, names. */
function twinProblems({ desiredProperties }: Manifest): string[] {
  const empty = emptySection(new Date(0));
  return Object.entries(desiredProperties).flatMap(([id, desired]) => {
    const result = replaceSection(empty, desired, new Date(0));
    if (result.accepted) return [];
    const place = jsonPath(['modulesContent', id, 'properties.desired']);
    return [`${place}: IoT Hub would refuse the twin: ${result.error.message}`];
  });
}
