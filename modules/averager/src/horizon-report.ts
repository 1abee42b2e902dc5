/** Tells those who operate the gateway when the horizon is shorter than they configured. */
import type { EdgeClient } from '../../shared/src/edge-client.ts';
import { messageOf } from '../../shared/src/edge-error.ts';
import type { Logger } from '../../shared/src/logger.ts';
import { daysOf, type Horizon } from './core/horizon.ts';

const REPORT_EVERY_MS = 60_000;

export class HorizonReport {
  readonly #client: EdgeClient;
  readonly #log: Logger;
  #isShrunken = false;
  #reported = '';
  #triedMs = Number.NEGATIVE_INFINITY;

  constructor({ client, log }: { readonly client: EdgeClient; readonly log: Logger }) {
    this.#client = client;
    this.#log = log;
  }

  /** Logs a change once, and reports the horizon when it is another, at most once a minute. */
  look(horizon: Horizon, monotonicMs: number): void {
    this.#logChange(horizon);
    const revisionHorizon = horizonFigures(horizon);
    const text = JSON.stringify(revisionHorizon);
    if (text === this.#reported || monotonicMs - this.#triedMs < REPORT_EVERY_MS) return;
    this.#triedMs = monotonicMs;
    this.#client.report({ revisionHorizon }).then(
      () => {
        this.#reported = text;
      },
      (error: unknown) => {
        this.#log.debug({ reason: messageOf(error) }, 'horizon not reported, tried again later');
      },
    );
  }

  #logChange(horizon: Horizon): void {
    const isShrunken = horizon.heldMs < horizon.configuredMs;
    if (isShrunken === this.#isShrunken) return;
    this.#isShrunken = isShrunken;
    if (isShrunken) {
      this.#log.warn(horizonFigures(horizon), 'maxDiskBytes is too small for revisionHorizonDays');
    } else this.#log.info(horizonFigures(horizon), 'the whole revision horizon is kept again');
  }
}

/** The horizon for the log, the twin and the direct method `status`. */
export function horizonFigures({ configuredMs, heldMs }: Horizon) {
  return { configuredDays: daysOf(configuredMs), heldDays: daysOf(heldMs) };
}
