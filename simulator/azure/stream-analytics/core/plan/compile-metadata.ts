/** Reading what the service knows of an event beside its payload. */
import type { CallExpression, Expression } from '../language/ast.ts';
import { QueryError, notSupported } from '../query-error.ts';
import { fieldOf } from '../values.ts';
import type { Evaluate, Scope } from './scope.ts';

const USER_PROPERTY = /^\[User\](?:\.\[(.+)\])?$/i;
const IOT_HUB_PROPERTY = /^IoTHub(?:\.(.+))?$/i;

/**
 * `GetMetadataPropertyValue(input, '[User].[name]' | '[User]' | 'IoTHub' | 'IoTHub.name')`
 *
 * @throws QueryError when it is not asked of the input of its FROM, or for another property
 */
export function compileMetadata(call: CallExpression, scope: Scope): Evaluate {
  const [source, property] = call.args;
  mustBeInput(call, source, scope);
  const path = property?.kind === 'literal' ? property.value : undefined;
  if (typeof path === 'string') {
    const user = USER_PROPERTY.exec(path);
    if (user !== null) return metadata('user', user[1]);
    const ioTHub = IOT_HUB_PROPERTY.exec(path);
    if (ioTHub !== null) return metadata('ioTHub', ioTHub[1]);
  }
  throw notSupported(property?.at ?? call.at, 'this metadata property', "'[User].[name]' is");
}

function mustBeInput(call: CallExpression, source: Expression | undefined, scope: Scope): void {
  const name = source?.kind === 'column' && source.path.length === 1 ? source.path[0] : undefined;
  if (name === undefined || !scope.relation.names.includes(name.toLowerCase())) {
    throw new QueryError(call.at, 'the first argument is the input of this FROM');
  }
  if (!scope.relation.isInput) {
    throw new QueryError(call.at, 'metadata can be read straight from an input only');
  }
}

function metadata(kind: 'user' | 'ioTHub', name: string | undefined): Evaluate {
  return (row) => {
    const fields = row.event?.[kind] ?? null;
    return fields === null || name === undefined ? fields : fieldOf(fields, name);
  };
}
