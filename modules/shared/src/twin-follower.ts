/**
 * Follows the module twin over one SDK client.
 *
 * Invariants:
 * - each version of the desired properties is handed over once, as the whole document;
 * - a twin that is not answered is asked for again and again, and after a while its connection is held
 *   to be the reason;
 * - nothing is asked of a client whose connection is gone: the SDK would dial with it again.
 */
import type { ModuleClient, Twin } from 'azure-iot-device';
import { BackOff } from './back-off.ts';
import type { Clock } from './clock.ts';
import type { DesiredProperties } from './edge-client.ts';
import { EdgeError, messageOf } from './edge-error.ts';
import type { Logger } from './logger.ts';
import { called, inTime } from './time-limit.ts';

/** How long a twin answer may take: a lost one never comes, because twin requests are QoS 0. */
const TWIN_ANSWER_MS = 10_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;
/** So many requests in a row without an answer, some five minutes, are not bad luck any more. */
const MOST_UNANSWERED = 10;

export interface TwinFollowerOptions {
  readonly client: ModuleClient;
  readonly clock: Clock;
  readonly log: Logger;
  desired(desired: DesiredProperties): void;
  /** The connection is of no use any more. */
  broken(reason: Error): void;
}

export class TwinFollower {
  readonly #options: TwinFollowerOptions;
  #twin: Twin | undefined;
  /** Version of the desired properties that was handed over last. */
  #version: number | undefined;
  #unanswered = 0;
  #ended = false;

  constructor(options: TwinFollowerOptions) {
    this.#options = options;
  }

  /** Reads the twin until it answers; its changes are followed from then on. */
  async follow(): Promise<void> {
    const { clock, log } = this.#options;
    const backOff = new BackOff(FIRST_RETRY_MS, LONGEST_RETRY_MS);
    let failures = 0;
    while (!this.#ended) {
      try {
        await this.#read();
        return;
      } catch (error) {
        if (this.#ended) return;
        if (failures === 0) {
          log.warn({ reason: messageOf(error) }, 'twin not read, the last known one is kept');
        }
        failures += 1;
        await new Promise<void>((resolve) => {
          clock.after(backOff.next(Math.random()), resolve);
        });
      }
    }
  }

  /**
   * Updates reported properties.
   *
   * @throws EdgeError NOT_CONNECTED when edgeHub did not take them
   */
  async report(patch: Readonly<Record<string, unknown>>): Promise<void> {
    const twin = this.#twin;
    if (twin === undefined) throw new EdgeError('NOT_CONNECTED', 'the twin is not known yet');
    await this.#answered(called((done) => twin.properties.reported['update'](patch, done)));
  }

  /** The connection is gone. */
  end(): void {
    this.#ended = true;
  }

  async #read(): Promise<void> {
    const twin = await this.#answered(this.#options.client.getTwin());
    if (this.#twin === undefined) {
      this.#twin = twin;
      twin.on('error', (error: Error) => this.#options.broken(error));
      twin.on('properties.desired', () => this.#hand(twin));
    }
    // A change between the first answer and the subscription would be missed.
    if (!this.#ended) await this.#answered(this.#options.client.getTwin());
  }

  async #answered<T>(request: Promise<T>): Promise<T> {
    try {
      const answer = await inTime(this.#options.clock, TWIN_ANSWER_MS, request);
      this.#unanswered = 0;
      return answer;
    } catch (error) {
      this.#unanswered += 1;
      if (this.#unanswered === MOST_UNANSWERED && !this.#ended) {
        this.#options.broken(new Error('edgeHub does not answer for the twin'));
      }
      throw error;
    }
  }

  /**
   * While the SDK waits for a twin its copy is empty, and an event that it put off before then shows
   * that: such a document, without version, is none.
   */
  #hand(twin: Twin): void {
    const { $version, ...properties }: Record<string, unknown> = { ...twin.properties.desired };
    if (this.#ended || typeof $version !== 'number' || $version === this.#version) return;
    this.#version = $version;
    this.#options.desired({ version: $version, properties });
  }
}
