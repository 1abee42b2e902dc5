/**
 * The way to IoT Hub for one identity: its telemetry, twin and direct methods.
 *
 * Invariants:
 * - `publish` resolves only when IoT Hub has acknowledged, over however many connections;
 * - what was not acknowledged is sent again first and in order, marked as a duplicate;
 * - a lost connection is dialled again for ever.
 */
import { randomUUID } from 'node:crypto';
import { identityId, type IdentityName } from '../../../wire/identity-name.ts';
import type { Logger } from '../../../wire/logger.ts';
import { HubConnection, type HubAddress } from './hub-connection.ts';
import { retryDelayMs } from './retry-delay.ts';
import { parseHubTopic, type HubTopic } from './hub-topics.ts';

const TWIN_TIMEOUT_MS = 5_000;
const TWIN_RESPONSES = '$iothub/twin/res/#';

/** What edgeHub may want to hear of for this identity. */
export const UPLINK_FILTERS = {
  methods: '$iothub/methods/POST/#',
  desiredPatches: '$iothub/twin/PATCH/properties/desired/#',
} as const;
export type UplinkFilter = keyof typeof UPLINK_FILTERS;

export interface UplinkEvents {
  readonly onConnected: (uplink: Uplink) => void;
  readonly onMethod: (uplink: Uplink, call: HubTopic & { kind: 'method' }, payload: string) => void;
  readonly onDesiredPatch: (uplink: Uplink, patch: string) => void;
}

export interface UplinkOptions {
  readonly identity: IdentityName;
  readonly hub: HubAddress;
  /** The identity's key, base64; undefined while it is not known. */
  readonly key: () => string | undefined;
  readonly events: UplinkEvents;
  readonly log: Logger;
}

interface Unacknowledged {
  readonly topic: string;
  readonly payload: Buffer;
  sent: boolean;
  readonly acknowledged: () => void;
}

interface TwinRequest {
  readonly resolve: (answer: { status: number; body: string; version?: number }) => void;
  readonly reject: (error: Error) => void;
}

/** IoT Hub cannot be asked now. */
export class UplinkDownError extends Error {
  override readonly name = 'UplinkDownError';
  readonly code = 'UPLINK_DOWN';
}

export class Uplink {
  readonly identity: IdentityName;
  readonly #options: UplinkOptions;
  readonly #unacknowledged = new Set<Unacknowledged>();
  readonly #twinRequests = new Map<string, TwinRequest>();
  readonly #settling = new Set<() => void>();
  #filters = new Set<UplinkFilter>();
  #connection: HubConnection | undefined;
  #state: 'connecting' | 'connected' | 'waiting' | 'stopped' = 'waiting';
  #attempts = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: UplinkOptions) {
    this.#options = options;
    this.identity = options.identity;
    this.#dial();
  }

  get connected(): boolean {
    return this.#state === 'connected';
  }

  /** Messages on their way that IoT Hub has not acknowledged. */
  get unacknowledged(): number {
    return this.#unacknowledged.size;
  }

  /** Resolves when IoT Hub has acknowledged; waits as long as it takes. */
  publish(topic: string, payload: Buffer): Promise<void> {
    return new Promise((resolve) => {
      const entry: Unacknowledged = { topic, payload, sent: false, acknowledged: resolve };
      this.#unacknowledged.add(entry);
      if (this.connected) this.#transmit(entry);
    });
  }

  #transmit(entry: Unacknowledged): void {
    const { topic, payload, sent: dup } = entry;
    entry.sent = true;
    this.#connection?.publish({ topic, payload, dup }, () => {
      this.#unacknowledged.delete(entry);
      entry.acknowledged();
    });
  }

  /** Waits for a connection attempt under way; says whether there is a connection. */
  async whenSettled(): Promise<boolean> {
    if (this.#state === 'connecting') {
      await new Promise<void>((resolve) => this.#settling.add(resolve));
    }
    return this.connected;
  }

  /** Which of the hub's messages are wanted from now on. */
  setFilters(wanted: ReadonlySet<UplinkFilter>): void {
    const added = [...wanted].filter((filter) => !this.#filters.has(filter));
    const removed = [...this.#filters].filter((filter) => !wanted.has(filter));
    this.#filters = new Set(wanted);
    if (!this.connected) return;
    for (const filter of added) this.#connection?.subscribe(UPLINK_FILTERS[filter]);
    for (const filter of removed) this.#connection?.unsubscribe(UPLINK_FILTERS[filter]);
  }

  /** Twin request; `makeTopic` gets the request id. @throws UplinkDownError without an answer */
  async requestTwin(
    makeTopic: (requestId: string) => string,
    body: string,
  ): Promise<{ status: number; body: string; version?: number }> {
    const connection = this.#connection;
    if (!this.connected || connection === undefined) throw new UplinkDownError('not connected');
    const requestId = randomUUID();
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve, reject) => {
        this.#twinRequests.set(requestId, { resolve, reject });
        timer = setTimeout(() => reject(new UplinkDownError('no answer')), TWIN_TIMEOUT_MS);
        connection.send(makeTopic(requestId), body);
      });
    } finally {
      clearTimeout(timer);
      this.#twinRequests.delete(requestId);
    }
  }

  /** QoS 0; lost without a connection. */
  send(topic: string, payload: string): void {
    if (this.connected) this.#connection?.send(topic, payload);
  }

  /** Dials at once instead of at the end of a waiting time. */
  dialNow(): void {
    if (this.#state !== 'waiting') return;
    clearTimeout(this.#timer);
    this.#dial();
  }

  stop(): void {
    this.#state = 'stopped';
    clearTimeout(this.#timer);
    this.#connection?.close();
    this.#failTwinRequests('stopped');
    this.#settle();
  }

  #dial(): void {
    const key = this.#options.key();
    if (key === undefined) return this.#retryLater('its key is not known');
    this.#state = 'connecting';
    const { identity, hub } = this.#options;
    this.#connection = new HubConnection(
      hub,
      { ...identity, key },
      {
        onConnected: () => this.#begin(),
        onMessage: (topic, payload) => this.#receive(topic, payload.toString('utf8')),
        onClosed: (reason) => {
          if (this.#state !== 'stopped') this.#retryLater(reason);
        },
      },
    );
  }

  #begin(): void {
    if (this.#state === 'stopped') return;
    this.#state = 'connected';
    this.#attempts = 0;
    this.#connection?.subscribe(TWIN_RESPONSES);
    for (const filter of this.#filters) this.#connection?.subscribe(UPLINK_FILTERS[filter]);
    for (const entry of this.#unacknowledged) this.#transmit(entry);
    this.#settle();
    this.#options.events.onConnected(this);
  }

  #retryLater(reason: string): void {
    const { identity, log } = this.#options;
    log.debug({ identity: identityId(identity), reason }, 'no connection to IoT Hub');
    this.#state = 'waiting';
    this.#failTwinRequests(reason);
    this.#settle();
    const delayMs = retryDelayMs(this.#attempts, Math.random());
    this.#attempts += 1;
    this.#timer = setTimeout(() => this.#dial(), delayMs);
  }

  #settle(): void {
    for (const settled of this.#settling) settled();
    this.#settling.clear();
  }

  #failTwinRequests(reason: string): void {
    for (const { reject } of this.#twinRequests.values()) reject(new UplinkDownError(reason));
  }

  #receive(topic: string, payload: string): void {
    const parsed = parseHubTopic(topic);
    switch (parsed.kind) {
      case 'twinResponse':
        this.#twinRequests.get(parsed.requestId)?.resolve({ ...parsed, body: payload });
        break;
      case 'method':
        this.#options.events.onMethod(this, parsed, payload);
        break;
      case 'desiredPatch':
        this.#options.events.onDesiredPatch(this, payload);
        break;
      case 'unknown':
        this.#options.log.debug({ topic }, 'unexpected message from IoT Hub');
    }
  }
}
