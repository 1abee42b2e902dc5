/**
 * Parses one route: `[SELECT *] FROM source [WHERE condition] INTO sink`.
 *
 * Source: Azure/iotedge, edge-hub, Routing.Core, grammar/Route.g4.
 */
import { compileCondition, type CompiledCondition } from './condition-compiler.ts';
import { parseCondition } from './condition-parser.ts';
import { RouteError } from './route-error.ts';
import { tokenize } from './route-lexer.ts';
import { TokenReader } from './token-reader.ts';

/** Where a route leads: to Azure, or to an input of a module on this gateway. */
export type RouteSink =
  | { readonly kind: 'upstream' }
  | { readonly kind: 'input'; readonly moduleId: string; readonly inputName: string };

export interface Route {
  /** Path segments in lower case, without a trailing `*`: a prefix of the message source. */
  readonly source: readonly string[];
  /** Absent: every message of the source. */
  readonly condition?: CompiledCondition;
  readonly sink: RouteSink;
}

/** @throws RouteError naming the place, the reason and the remedy */
export function parseRoute(text: string): Route {
  const tokens = new TokenReader(tokenize(text));
  if (tokens.takeKeyword('SELECT')) tokens.expectSymbol('*');
  if (!tokens.takeKeyword('FROM')) tokens.fail('Expected FROM', 'Begin with FROM /messages/*.');
  const source = parseSource(tokens);
  const condition = tokens.takeKeyword('WHERE') ? parseWhere(tokens) : undefined;
  if (!tokens.takeKeyword('INTO')) {
    tokens.fail('Expected INTO', 'End with INTO $upstream or INTO BrokeredEndpoint("…").');
  }
  const sink = parseSink(tokens);
  if (tokens.peek().kind !== 'end') tokens.fail('Expected the end of the route');
  return { source, ...(condition === undefined ? {} : { condition }), sink };
}

function parseSource(tokens: TokenReader): string[] {
  const segments: string[] = [];
  while (tokens.takeSymbol('/')) segments.push(parseSegment(tokens));
  if (segments.length === 0) tokens.fail('Expected a source', 'Write for example /messages/*.');
  if (segments.at(-1) === '*') segments.pop();
  return segments;
}

function parseSegment(tokens: TokenReader): string {
  const token = tokens.peek();
  if (token.kind === 'name' || token.kind === 'number' || token.text === '*') {
    return tokens.take().text.toLowerCase();
  }
  return tokens.fail('Expected a name or * in the source', 'Write for example /messages/*.');
}

function parseWhere(tokens: TokenReader): CompiledCondition {
  const { offset } = tokens.peek();
  const condition = compileCondition(parseCondition(tokens));
  if (condition.type !== 'string' && condition.type !== 'number') return condition;
  throw new RouteError(
    offset,
    `The condition is a ${condition.type}, not true or false`,
    'Compare it with something, for example kind = "average".',
  );
}

const BROKERED_ENDPOINT = /^\/?modules\/([^/]+)\/inputs\/([^/]+)\/?$/i;

function parseSink(tokens: TokenReader): RouteSink {
  const token = tokens.take();
  if (token.kind === 'system' && token.text.toLowerCase() === '$upstream')
    return { kind: 'upstream' };
  if (token.kind !== 'name' || token.text.toLowerCase() !== 'brokeredendpoint') {
    throw new RouteError(
      token.offset,
      'Expected $upstream or BrokeredEndpoint',
      'Write INTO $upstream or INTO BrokeredEndpoint("/modules/name/inputs/name").',
    );
  }
  tokens.expectSymbol('(');
  const path = tokens.take();
  const [, moduleId, inputName] =
    (path.kind === 'string' && BROKERED_ENDPOINT.exec(path.text)) || [];
  if (moduleId === undefined || inputName === undefined) {
    throw new RouteError(
      path.offset,
      'BrokeredEndpoint needs the input of a module',
      'Write BrokeredEndpoint("/modules/name/inputs/name").',
    );
  }
  tokens.expectSymbol(')');
  return { kind: 'input', moduleId, inputName };
}
