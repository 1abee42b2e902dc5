/**
 * What a Functions worker and the library `@azure/functions` say to each other.
 *
 * The library asks for the module `@azure/functions-core`, which no package contains: the worker
 * provides it. Only what this host uses is described. Source:
 * github.com/Azure/azure-functions-nodejs-worker, types-core/index.d.ts
 */

/** One binding of a function: its trigger, or an output. */
export interface BindingInfo {
  readonly name: string;
  readonly type: string;
  readonly direction?: string;
  readonly [option: string]: unknown;
}

export interface DurationInfo {
  readonly seconds?: number;
}

/** A function's retry policy; `maxRetryCount` -1 means without end. */
export interface RetryPolicy {
  readonly maxRetryCount?: number;
  readonly retryStrategy?: string;
  readonly delayInterval?: DurationInfo;
  readonly minimumInterval?: DurationInfo;
  readonly maximumInterval?: DurationInfo;
}

/** What the library registers for each function. */
export interface FunctionMetadata {
  readonly name: string;
  readonly bindings: Readonly<Record<string, BindingInfo>>;
  readonly retryOptions?: RetryPolicy;
}

export type FunctionHandler = (...args: unknown[]) => unknown;

/** A value on its way to a function, as the host's RPC carries it; one field is set. */
export interface TypedData {
  readonly json?: string;
  readonly string?: string;
  readonly collectionString?: { readonly string: readonly string[] };
  readonly bytes?: Uint8Array;
  readonly http?: RpcHttp;
}

/** An HTTP request or response as the host's RPC carries it. */
export interface RpcHttp {
  readonly method?: string;
  /** Absolute, with the query. */
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  /** Values of the route's parameters. */
  readonly params?: Readonly<Record<string, string>>;
  readonly body?: TypedData | null;
  readonly statusCode?: string;
  readonly cookies?: readonly unknown[];
}

/** What a call of a function gives back. */
export interface InvocationResponse {
  readonly returnValue?: TypedData | null;
}

export interface RetryContext {
  readonly retryCount: number;
  readonly maxRetryCount: number;
}

/** One call of a function. */
export interface InvocationRequest {
  readonly invocationId: string;
  readonly inputData: readonly { readonly name: string; readonly data: TypedData }[];
  readonly triggerMetadata?: Readonly<Record<string, TypedData>>;
  readonly retryContext?: RetryContext;
}

export interface CoreInvocationContext {
  readonly invocationId: string;
  readonly request: InvocationRequest;
  readonly metadata: FunctionMetadata;
  readonly state?: 'invocation';
  log(level: string, category: string, message: string): void;
}

/** The library's side of one call. */
export interface InvocationModel {
  getArguments(): Promise<{ readonly context: unknown; readonly inputs: readonly unknown[] }>;
  invokeFunction(
    context: unknown,
    inputs: readonly unknown[],
    handler: FunctionHandler,
  ): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<InvocationResponse>;
}

/** What `@azure/functions` gives the worker when the first function is registered. */
export interface ProgrammingModel {
  readonly name: string;
  readonly version: string;
  getInvocationModel(context: CoreInvocationContext): InvocationModel;
}
