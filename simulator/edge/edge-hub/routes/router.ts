/**
 * Decides which endpoints a message goes to.
 *
 * Invariants:
 * - a message is queued at most once per endpoint, with the numerically lowest priority of the
 *   routes that match, and that route's time to live;
 * - undefined is not true: such a message is not routed.
 *
 * Source: Azure/iotedge, edge-hub, Routing.Core, Evaluator.cs, messageSources/BaseMessageSource.cs.
 */
import { decodeBody } from './body-query.ts';
import { parseRoute, type Route, type RouteSink } from './route-parser.ts';

/** Priority of a route that names none. Source: edgeHub, RouteConstants.DefaultPriority. */
export const DEFAULT_PRIORITY = 2_000_000_000;

/** The endpoint of `$upstream`, named as in edgeHub's metrics. */
export const UPSTREAM_ENDPOINT = 'iothub';

export interface RouteDefinition {
  readonly name: string;
  readonly route: string;
  readonly priority: number;
  /** Seconds; undefined: the message never expires. */
  readonly timeToLiveSeconds: number | undefined;
}

/** What routing needs to know of a message. */
export interface RoutedMessage {
  /** For example `/messages/modules/averager/outputs/averages`. */
  readonly source: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly systemProperties: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** One queue a message goes to. */
export interface Destination {
  readonly endpoint: string;
  readonly priority: number;
  readonly timeToLiveSeconds: number | undefined;
}

/** Endpoint of a module's input, named as in edgeHub's metrics. */
export function inputEndpoint(gatewayId: string, moduleId: string, inputName: string): string {
  return `${gatewayId}/${moduleId}/${inputName}`;
}

interface CompiledRoute extends Route {
  readonly destination: Destination;
}

/** The routes of one gateway. */
export class Router {
  readonly #routes: readonly CompiledRoute[];

  /** @throws RouteError when a route is not one */
  constructor(gatewayId: string, definitions: readonly RouteDefinition[]) {
    this.#routes = definitions.map(({ route: text, priority, timeToLiveSeconds }) => {
      const route = parseRoute(text);
      const endpoint = endpointOf(gatewayId, route.sink);
      return { ...route, destination: { endpoint, priority, timeToLiveSeconds } };
    });
  }

  /** Every endpoint that a route leads to. */
  get endpoints(): ReadonlySet<string> {
    return new Set(this.#routes.map(({ destination }) => destination.endpoint));
  }

  route(message: RoutedMessage): Destination[] {
    const segments = message.source.toLowerCase().split('/').filter(Boolean);
    const seen = withLazyBody(message);
    const best = new Map<string, Destination>();
    for (const { source, condition, destination } of this.#routes) {
      if (!isPrefix(source, segments)) continue;
      if (condition !== undefined && condition.evaluate(seen) !== true) continue;
      const known = best.get(destination.endpoint);
      if (known === undefined || destination.priority < known.priority) {
        best.set(destination.endpoint, destination);
      }
    }
    return [...best.values()];
  }
}

function endpointOf(gatewayId: string, sink: RouteSink): string {
  return sink.kind === 'upstream'
    ? UPSTREAM_ENDPOINT
    : inputEndpoint(gatewayId, sink.moduleId, sink.inputName);
}

function isPrefix(prefix: readonly string[], segments: readonly string[]): boolean {
  return prefix.every((segment, index) => segments[index] === segment);
}

function withLazyBody({ properties, systemProperties, body }: RoutedMessage) {
  let decoded: { readonly value: unknown } | undefined;
  return {
    properties,
    systemProperties,
    body: () => {
      decoded ??= {
        value: decodeBody({
          body,
          contentType: systemProperties['contentType'],
          contentEncoding: systemProperties['contentEncoding'],
        }),
      };
      return decoded.value;
    },
  };
}
