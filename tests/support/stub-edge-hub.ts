/**
 * An edgeHub of one module for tests: queues one input after another, delivers again what was not
 * acknowledged, keeps the session, answers twin requests, and remembers what the module published.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureCertificates } from '../../simulator/wire/certificates.ts';
import { createLogger } from '../../simulator/wire/logger.ts';
import {
  startMqttFront,
  type MqttFront,
} from '../../simulator/wire/mqtt-front/start-mqtt-front.ts';
import type { MqttConnection, MqttPublish } from '../../simulator/wire/mqtt-front/types.ts';
import {
  desiredPatchTopic,
  inputTopic,
  methodRequestTopic,
  parsePublishedTopic,
  twinResponseTopic,
} from '../../simulator/wire/mqtt-topics.ts';

const IDENTITY = { deviceId: 'gateway-01', moduleId: 'module-01' };
export interface Published {
  readonly output: string;
  readonly messageId: string;
  readonly properties: Record<string, string>;
  readonly body: string;
}

interface Queued {
  readonly topic: string;
  readonly payload: string;
  acknowledged: boolean;
  deliveries: number;
}

type Session = typeof IDENTITY;

export class StubEdgeHub {
  readonly published: Published[] = [];
  readonly reported: Record<string, unknown>[] = [];
  readonly caFile: string;
  desired: Record<string, unknown> = { $version: 1 };
  /** While true, publishes stay without PUBACK. */
  withholdsAcknowledgements = false;
  /** Status of the next twin requests; from 300 on they are answered without a body, as edgeHub does. */
  twinStatus = 200;
  connects = 0;
  /** Messages on their way to the module at once; the local edge-hub has as many. */
  window = 64;
  readonly #folder: string;
  readonly #tls: { cert: string; key: string };
  readonly #queue: Queued[] = [];
  readonly #methods = new Map<string, (answer: { status: number; payload: unknown }) => void>();
  #front: MqttFront | undefined;
  #port = 0;
  #connection: MqttConnection<Session> | undefined;
  #inFlight = 0;
  #waiting: { readonly count: number; readonly resolve: () => void } | undefined;
  #nextMethod = 1;

  private constructor(folder: string, caFile: string, tls: { cert: string; key: string }) {
    this.#folder = folder;
    this.caFile = caFile;
    this.#tls = tls;
  }

  static async start(): Promise<StubEdgeHub> {
    const folder = await mkdtemp(join(tmpdir(), 'stub-edge-hub-'));
    const certificates = await ensureCertificates({
      stateFolder: folder,
      iotHubHostName: 'lab-hub.azure-devices.net',
      deviceProvisioningHostName: 'lab-provisioning.azure-devices-provisioning.net',
    });
    const { caFile, serverCertPem: cert, serverKeyPem: key } = certificates;
    const hub = new StubEdgeHub(folder, caFile, { cert, key });
    await hub.resume();
    return hub;
  }

  /** What iotedgehubdev gives a module. */
  get environment(): Record<string, string> {
    const key = Buffer.from('secret of the module').toString('base64');
    return {
      EdgeHubConnectionString:
        `HostName=lab-hub.azure-devices.net;GatewayHostName=localhost:${this.#port};` +
        `DeviceId=${IDENTITY.deviceId};ModuleId=${IDENTITY.moduleId};SharedAccessKey=${key}`,
      EdgeModuleCACertificateFile: this.caFile,
    };
  }

  /** Inputs that the module has not acknowledged yet. */
  get unacknowledged(): number {
    return this.#queue.filter(({ acknowledged }) => !acknowledged).length;
  }

  /**
   * Resolves as soon as no more than `count` inputs are unacknowledged. Whoever kills the module then, does it
   * before it is heard again: no more than a window fewer are unacknowledged.
   */
  unacknowledgedFallsTo(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = { count, resolve };
      this.#tell();
    });
  }

  /** Deliveries beyond the first of each input. */
  get redeliveries(): number {
    return this.#queue.reduce((sum, { deliveries }) => sum + Math.max(0, deliveries - 1), 0);
  }

  get isConnected(): boolean {
    return this.#connection !== undefined;
  }

  /** Queues a message for an input. */
  input(name: string, body: unknown, properties: Record<string, string> = {}): void {
    const bag = { '$.cdid': 'gateway-01', '$.cmid': 'tester', ...properties };
    const payload = typeof body === 'string' ? body : JSON.stringify(body);
    const topic = inputTopic(IDENTITY, name, bag);
    this.#queue.push({ topic, payload, acknowledged: false, deliveries: 0 });
    this.#pump();
  }

  /** Calls a direct method. */
  invoke(name: string, payload: unknown = {}): Promise<{ status: number; payload: unknown }> {
    const id = String(this.#nextMethod);
    this.#nextMethod += 1;
    return new Promise((resolve) => {
      this.#methods.set(id, resolve);
      this.#connection?.send(methodRequestTopic(name, id), JSON.stringify(payload));
    });
  }

  /** Changes desired properties while the module is connected. */
  patchDesired(patch: Record<string, unknown>): void {
    const version = Number(this.desired['$version']) + 1;
    this.desired = { ...this.desired, ...patch, $version: version };
    const body = JSON.stringify({ ...patch, $version: version });
    this.#connection?.send(desiredPatchTopic(version), body);
  }

  /** Cuts the connection as a crash would. */
  drop(): void {
    this.#connection?.close('dropped by the test');
  }

  /** Goes away; the module finds nobody at the port. */
  async pause(): Promise<void> {
    await this.#front?.stop();
    this.#front = undefined;
  }

  /** Comes back on the same port. */
  async resume(): Promise<void> {
    this.#front = await startMqttFront<Session>({
      port: this.#port,
      tls: this.#tls,
      log: createLogger('stub-edge-hub', 'silent'),
      handler: {
        connect: async () => ({ accepted: true, sessionPresent: true, identity: IDENTITY }),
        connected: (connection) => {
          this.connects += 1;
          this.#connection = connection;
          this.#pump();
        },
        subscribe: async (_connection, filters) => filters.map(({ qos }) => qos),
        unsubscribe: async () => {},
        publish: (connection, message) => this.#publish(connection, message),
        disconnected: (connection) => {
          if (this.#connection === connection) this.#connection = undefined;
        },
      },
    });
    this.#port = this.#front.port;
  }

  async stop(): Promise<void> {
    await this.pause();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #pump(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    for (const queued of this.#queue) {
      if (this.#inFlight >= this.window) return;
      if (!queued.acknowledged && !this.#delivering.has(queued)) {
        void this.#deliver(connection, queued);
      }
    }
  }

  readonly #delivering = new Set<Queued>();

  async #deliver(connection: MqttConnection<Session>, queued: Queued): Promise<void> {
    this.#delivering.add(queued);
    this.#inFlight += 1;
    const { topic, payload } = queued;
    const dup = queued.deliveries > 0;
    queued.deliveries += 1;
    try {
      await connection.deliver({ topic, payload, dup });
      queued.acknowledged = true;
      this.#tell();
    } catch {
      queued.acknowledged = false;
    }
    this.#delivering.delete(queued);
    this.#inFlight -= 1;
    this.#pump();
  }

  async #publish(connection: MqttConnection<Session>, message: MqttPublish): Promise<void> {
    const topic = parsePublishedTopic(message.topic);
    const body = message.payload.toString();
    if (topic.kind === 'telemetry') {
      const { '$.on': output = '', '$.mid': messageId = '', ...properties } = topic.bag;
      this.published.push({ output, messageId, properties, body });
      if (this.withholdsAcknowledgements) await new Promise(() => {});
    } else if (topic.kind === 'twinGet') {
      const answer = JSON.stringify({ desired: this.desired, reported: { $version: 1 } });
      this.#answerTwin(connection, topic.requestId, answer);
    } else if (topic.kind === 'reportedPatch') {
      this.reported.push(JSON.parse(body) as Record<string, unknown>);
      connection.send(twinResponseTopic(204, topic.requestId), '');
    } else if (topic.kind === 'methodResponse') {
      const { status, requestId } = topic;
      this.#methods.get(requestId)?.({ status, payload: JSON.parse(body) });
    }
  }

  #tell(): void {
    if (this.#waiting === undefined || this.unacknowledged > this.#waiting.count) return;
    this.#waiting.resolve();
    this.#waiting = undefined;
  }

  #answerTwin(connection: MqttConnection<Session>, requestId: string, answer: string): void {
    const failed = this.twinStatus >= 300;
    connection.send(twinResponseTopic(this.twinStatus, requestId), failed ? '' : answer);
  }
}
