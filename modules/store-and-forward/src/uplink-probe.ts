/**
 * Whether IoT Hub's host answers: a hint where edgeHub does not say how long its queue is.
 *
 * Behind a proxy it may never answer though edgeHub reaches it, so no answer alone means nothing; an
 * answer that stays away after there was one means that the link is cut.
 */
import { connect } from 'node:tls';
import { BackOff } from '../../shared/src/back-off.ts';
import type { Clock } from '../../shared/src/clock.ts';

/** `unknown`: it never answered. */
export type UplinkHint = 'unknown' | 'reachable' | 'cut';

/** Resolves with whether the host answered. */
export type Probe = () => Promise<boolean>;

/** Where IoT Hub is. */
export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

const TIMEOUT_MS = 5_000;
const REACHABLE_MS = 30_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 15_000;

/** A TLS handshake with a host whose certificate is good; nothing is sent. */
export function tlsProbe({ host, port }: HostAndPort, ca?: string): Probe {
  const options = { host, port, servername: host, timeout: TIMEOUT_MS };
  return () =>
    new Promise((resolve) => {
      const socket = connect(ca === undefined ? options : { ...options, ca });
      const end = (answered: boolean) => {
        socket.destroy();
        resolve(answered);
      };
      socket.once('secureConnect', () => end(true));
      socket.once('timeout', () => end(false));
      socket.once('error', () => end(false));
    });
}

export class UplinkProbe {
  readonly #probe: Probe;
  readonly #clock: Clock;
  readonly #backOff = new BackOff(FIRST_RETRY_MS, LONGEST_RETRY_MS);
  #hint: UplinkHint = 'unknown';
  #isLooking = false;
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(probe: Probe, clock: Clock) {
    this.#probe = probe;
    this.#clock = clock;
  }

  /** What is known; another look begins when it is time for one, and nobody waits for it. */
  look(): UplinkHint {
    if (!this.#isLooking && this.#clock.monotonicMs() >= this.#nextMs) void this.#lookNow();
    return this.#hint;
  }

  async #lookNow(): Promise<void> {
    this.#isLooking = true;
    const answered = await this.#probe();
    this.#isLooking = false;
    if (answered) {
      this.#hint = 'reachable';
      this.#backOff.reset();
    } else if (this.#hint === 'reachable') this.#hint = 'cut';
    const delayMs = answered ? REACHABLE_MS : this.#backOff.next(Math.random());
    this.#nextMs = this.#clock.monotonicMs() + delayMs;
  }
}
