/**
 * Loads an unchanged Functions app (v4 programming model) and calls its functions.
 *
 * The app imports `@azure/functions`, which requires `@azure/functions-core`; that require is
 * answered here, as the real worker answers it. One app per process.
 */
import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import Module from 'node:module';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import type { Logger } from '../../wire/logger.ts';
import type {
  BindingInfo,
  FunctionHandler,
  FunctionMetadata,
  InvocationRequest,
  InvocationResponse,
  ProgrammingModel,
} from './worker-contract.ts';

const CORE_MODULE = '@azure/functions-core';
/** Type of a trigger that is called over HTTP. */
export const HTTP_TRIGGER = 'httpTrigger';

/** The app uses something of the Functions runtime that this host does not play. */
export class FunctionsNotSupportedError extends Error {
  override readonly name = 'FunctionsNotSupportedError';
  readonly code = 'FUNCTIONS_NOT_SUPPORTED';
}

/** A function of the app. */
export interface RegisteredFunction {
  readonly name: string;
  readonly trigger: BindingInfo;
  readonly metadata: FunctionMetadata;
  /** Calls it once; rejects with what it throws. */
  invoke(request: Omit<InvocationRequest, 'invocationId'>): Promise<InvocationResponse>;
}

interface Registrations {
  model: ProgrammingModel | undefined;
  readonly functions: { readonly metadata: FunctionMetadata; readonly handler: FunctionHandler }[];
}

/**
 * Imports every script of `folder` and resolves with the functions that they register.
 *
 * @throws FunctionsNotSupportedError when the app asks for what this host does not play
 * @throws Error when the folder holds no script or registers nothing
 */
export async function loadFunctionApp(folder: string, log: Logger): Promise<RegisteredFunction[]> {
  const registrations: Registrations = { model: undefined, functions: [] };
  const release = provideCoreModule(registrations, log);
  try {
    const scripts = (await readdir(folder)).filter((name) => /(?<!\.d)\.[jt]s$/.test(name));
    for (const script of scripts) await import(pathToFileURL(join(folder, script)).href);
  } finally {
    release();
  }
  const { model, functions } = registrations;
  if (model === undefined || functions.length === 0) {
    throw new Error(`${folder} registers no function: build the project with npm run build`);
  }
  return functions.map(({ metadata, handler }) => ({
    name: metadata.name,
    trigger: triggerOf(metadata),
    metadata,
    invoke: (request) => invoke({ model, metadata, handler, log }, request),
  }));
}

/** Answers `require('@azure/functions-core')` until released; the library keeps what it was given. */
function provideCoreModule(registrations: Registrations, log: Logger): () => void {
  const core = coreModule(registrations, log);
  const original: unknown = Reflect.get(Module.prototype, 'require');
  if (typeof original !== 'function') throw new Error('this Node has no Module.prototype.require');
  const replaced = new Proxy(original, {
    apply: (target, self, args: unknown[]): unknown =>
      args[0] === CORE_MODULE ? core : Reflect.apply(target, self, args),
  });
  Reflect.set(Module.prototype, 'require', replaced);
  return () => {
    Reflect.set(Module.prototype, 'require', original);
  };
}

function coreModule(registrations: Registrations, log: Logger): object {
  return {
    version: '3.11.0',
    hostVersion: '4.0.0-local',
    setProgrammingModel: (model: ProgrammingModel) => {
      registrations.model = model;
    },
    getProgrammingModel: () => registrations.model,
    registerFunction: (metadata: FunctionMetadata, handler: FunctionHandler) => {
      registrations.functions.push({ metadata, handler });
      return { dispose: () => undefined };
    },
    registerHook: (name: string) => {
      throw new FunctionsNotSupportedError(`the local Functions host plays no hooks: ${name}`);
    },
    log: (level: string, _category: string, message: string) => write(log, level, { message }),
    Disposable: class {
      dispose(): void {}
    },
  };
}

function triggerOf({ name, bindings }: FunctionMetadata): BindingInfo {
  const trigger = Object.values(bindings).find(({ type }) => /trigger$/i.test(type));
  if (trigger === undefined) throw new Error(`the function ${name} has no trigger`);
  // An HTTP function's return value is its response, as an output binding of its own.
  const isResponse = ({ type }: BindingInfo): boolean =>
    trigger.type === HTTP_TRIGGER && type === 'http';
  const others = Object.values(bindings).filter(
    (binding) => binding !== trigger && !isResponse(binding),
  );
  if (others.length > 0) {
    const types = others.map(({ type }) => type).join(', ');
    throw new FunctionsNotSupportedError(`the local host plays no ${types} binding (${name})`);
  }
  return trigger;
}

interface Callable {
  readonly model: ProgrammingModel;
  readonly metadata: FunctionMetadata;
  readonly handler: FunctionHandler;
  readonly log: Logger;
}

async function invoke(
  { model, metadata, handler, log }: Callable,
  request: Omit<InvocationRequest, 'invocationId'>,
): Promise<InvocationResponse> {
  const invocationId = randomUUID();
  const invocation = model.getInvocationModel({
    invocationId,
    metadata,
    request: { invocationId, ...request },
    state: 'invocation',
    log: (level, _category, message) =>
      write(log, level, { function: metadata.name, invocationId, message }),
  });
  const { context, inputs } = await invocation.getArguments();
  const result = await invocation.invokeFunction(context, inputs, handler);
  return invocation.getResponse(context, result);
}

/** The Functions log levels as ours. */
function write(log: Logger, level: string, fields: object): void {
  if (level === 'error' || level === 'critical') log.error(fields, 'function log');
  else if (level === 'warning') log.warn(fields, 'function log');
  else if (level === 'information') log.info(fields, 'function log');
  else log.debug(fields, 'function log');
}
