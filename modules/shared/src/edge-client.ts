/**
 * What a module needs of edgeHub. `iot-edge-client.ts` provides it over Microsoft's SDK.
 */

/** A message that arrived on an input and has not been acknowledged yet. */
export interface InputMessage {
  readonly input: string;
  readonly body: string;
  /** False when the bytes were not UTF-8, so that `body` is not what was sent. */
  readonly isUtf8?: boolean;
  readonly messageId: string | undefined;
  /** Application properties, and edgeHub's `$.cdid` and `$.cmid`: the sender's device and module. */
  readonly properties: Readonly<Record<string, string>>;
  /**
   * Sends the PUBACK. Call it once the message's effect is on disk. After the connection it came
   * on is gone this does nothing: edgeHub delivers again.
   */
  acknowledge(): void;
}

/** A message to an output; JSON in UTF-8. */
export interface OutputMessage {
  readonly output: string;
  readonly body: string;
  /** The same for the same content, so that a repeat is recognised. */
  readonly messageId: string;
  readonly properties: Readonly<Record<string, string>>;
}

export interface MethodResponse {
  readonly status: number;
  readonly payload: unknown;
}

/** Desired properties of the module twin, `$version` apart. */
export interface DesiredProperties {
  readonly version: number;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** What a module does with what edgeHub sends. Set once, before `start`. */
export interface EdgeHandlers {
  input(message: InputMessage): void;
  /** Called after every connect and on every change, with the whole document. */
  desired(desired: DesiredProperties): void;
  /** A connection stands; what was sent before and not acknowledged should be sent again. */
  connected(): void;
  methods: Readonly<Record<string, (payload: unknown) => MethodResponse>>;
}

export interface EdgeClient {
  /** Whether a connection stands. */
  readonly isConnected: boolean;
  /** Connects, and connects again whenever the connection is lost, until `close`. */
  start(handlers: EdgeHandlers): void;
  /**
   * Resolves when edgeHub has acknowledged.
   *
   * @throws EdgeError NOT_CONNECTED when the acknowledgement did not come
   */
  send(message: OutputMessage): Promise<void>;
  /** Updates reported properties; fails when the connection does. */
  report(patch: Readonly<Record<string, unknown>>): Promise<void>;
  close(): Promise<void>;
}
