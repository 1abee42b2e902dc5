/** What each function did lately, for the console. */
import { withoutSecrets } from '../../wire/without-secrets.ts';
import type { RegisteredFunction } from './function-app.ts';
import type { InvocationRequest, InvocationResponse } from './worker-contract.ts';

/** Invocations that are shown. */
const MAX_RECENT = 50;

export interface Invocation {
  /** When it began, epoch milliseconds. */
  readonly atMs: number;
  /** Events it was given; 0 for timers. */
  readonly events: number;
  readonly ok: boolean;
  readonly durationMs: number;
  readonly error: string | null;
}

export interface FunctionStatus {
  readonly name: string;
  readonly trigger: string;
  readonly invocations: number;
  readonly failures: number;
  /** The newest first. */
  readonly recent: readonly Invocation[];
}

/** Calls one function and keeps account of it. */
export class InvocationRecorder {
  readonly #target: RegisteredFunction;
  #invocations = 0;
  #failures = 0;
  #recent: Invocation[] = [];

  constructor(target: RegisteredFunction) {
    this.#target = target;
  }

  /** Calls the function with `events` events; rejects with what it throws. */
  async invoke(
    request: Omit<InvocationRequest, 'invocationId'>,
    events: number,
  ): Promise<InvocationResponse> {
    const atMs = Date.now();
    const startedAt = performance.now();
    let error: string | null = null;
    try {
      return await this.#target.invoke(request);
    } catch (fault) {
      error = withoutSecrets(fault instanceof Error ? fault.message : String(fault));
      throw fault;
    } finally {
      const durationMs = Math.round(performance.now() - startedAt);
      this.#keep({ atMs, events, ok: error === null, durationMs, error });
    }
  }

  status(): FunctionStatus {
    return {
      name: this.#target.name,
      trigger: this.#target.trigger.type,
      invocations: this.#invocations,
      failures: this.#failures,
      recent: this.#recent,
    };
  }

  #keep(invocation: Invocation): void {
    this.#invocations += 1;
    if (!invocation.ok) this.#failures += 1;
    const [last] = this.#recent;
    // A timer that finds nothing to do says so every second: only the latest of these is kept.
    const isIdle = invocation.ok && invocation.events === 0;
    const wasIdle = last !== undefined && last.ok && last.events === 0;
    const kept = isIdle && wasIdle ? this.#recent.slice(1) : this.#recent;
    this.#recent = [invocation, ...kept].slice(0, MAX_RECENT);
  }
}
