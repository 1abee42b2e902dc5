/** A real edgeHub that loses its whole store after it has acknowledged, and what `resend` makes of it. */
import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import devicePackage, { type ModuleClient } from 'azure-iot-device';
import { into } from '../../simulator/edge/support/manifest.ts';
import { TestGateway, type PeekedEvent } from '../../simulator/edge/support/test-gateway.ts';
import { compiled } from '../../support/compiled.ts';
import { eventually } from '../../support/eventually.ts';
import { ModuleProcess } from '../../support/module-process.ts';

const MODULE = 'store-and-forward';
const INPUTS = ['telemetry', 'averages', 'anomalies', 'ledger'];
const route = (input: string) =>
  `FROM /messages/modules/source/outputs/${input} ${into(MODULE, input)}`;
const MANIFEST = {
  modules: ['source', MODULE],
  routes: {
    ...Object.fromEntries(INPUTS.map((input) => [input, route(input)])),
    up: `FROM /messages/modules/${MODULE}/outputs/upstream INTO $upstream`,
  },
};
const BASE_MS = Date.parse('2026-06-01T11:00:00Z');
const iso = (seconds: number) => new Date(BASE_MS + seconds * 1_000).toISOString();
const READINGS = 300;
const readings = Array.from({ length: READINGS }, (_, seq) => ({
  id: 'Meter01',
  time: iso(seq * 10),
  temp: 70 + (seq % 9) / 10,
  seq,
}));
const averages = Array.from({ length: 10 }, (_, window) => ({
  id: 'Meter01',
  windowStart: iso(window * 300),
  windowEnd: iso(window * 300 + 300),
  average: 70.4,
  minimum: 70,
  maximum: 70.8,
  count: 30,
  revision: 0,
}));
const anomaly = {
  id: 'Meter01',
  time: iso(500),
  seq: 50,
  temp: 90,
  direction: 'spike',
  score: 1e-8,
  confidence: 99.99,
  historySize: 120,
  usual: 70,
  recent: [[iso(500), 90]],
};
const loss = { lostKind: 'telemetry', from: iso(0), to: iso(9), count: 3, reason: 'not a reading' };

interface Twin {
  readonly reported: Readonly<Record<string, { readonly value: unknown } | undefined>>;
}

interface Status {
  readonly deliveredMessages: number;
  readonly received: number;
  readonly outboxRows: number;
  readonly backlogReadings: number;
}

describe('edgeHub that loses what it had acknowledged', function () {
  this.timeout(60_000);
  let gateway: TestGateway;
  let module: ModuleProcess;
  let hub: ChildProcess;

  before(async () => {
    gateway = await TestGateway.start(MANIFEST);
    await gateway.stopHub();
    await gateway.azure.control.post(`/devices/gateway-01/modules/${MODULE}/twin/desired`, {
      maxDelaySeconds: 0,
      maxMessageBytes: 4_096,
    });
    hub = await startHub();
    const { settings } = gateway;
    module = ModuleProcess.start(MODULE, {
      ...gateway.moduleEnvironment(MODULE),
      IOTEDGE_AUTHSCHEME: 'sasToken',
      STATE_FOLDER: join(settings.stateFolder, 'module'),
      EDGEHUB_METRICS_URI: `http://127.0.0.1:${settings.ports.edgeHubMetrics}/metrics`,
    });
  });

  after(async () => {
    await module.end('SIGKILL');
    hub.kill('SIGKILL');
    await gateway.stop();
  });

  async function startHub(): Promise<ChildProcess> {
    const { settings } = gateway;
    const file = join(settings.stateFolder, 'settings.json');
    writeFileSync(file, JSON.stringify(settings));
    const child = fork(compiled('simulator/edge/edge-hub/main.ts'), [file], {
      execArgv: [],
      stdio: 'ignore',
    });
    await once(child, 'message');
    return child;
  }

  async function invoke(name: string, payload: object = {}): Promise<unknown> {
    const path = `/modules/${MODULE}/methods/${name}`;
    return ((await gateway.control.post(path, payload)) as { payload: unknown }).payload;
  }

  const status = async () => (await invoke('status')) as Status;

  async function configured(): Promise<void> {
    await eventually(async () => {
      const path = `/devices/gateway-01/modules/${MODULE}/twin`;
      const twin = (await gateway.azure.control.get(path)) as Twin;
      assert.equal(twin.reported['maxMessageBytes']?.value, 4_096);
    }, 20_000);
  }

  async function sendAll(source: ModuleClient): Promise<void> {
    const send = (output: string, body: unknown, messageId: string) => {
      const message = new devicePackage.Message(JSON.stringify(body));
      message.messageId = messageId;
      return source.sendOutputEvent(output, message);
    };
    for (let start = 0; start < READINGS; start += 50) {
      await send('telemetry', readings.slice(start, start + 50), `readings/${start}`);
    }
    await eventually(async () => assert.ok((await status()).deliveredMessages > 3));
    for (const average of averages) await send('averages', average, `average/${average.windowEnd}`);
    await send('anomalies', anomaly, `anomaly/${anomaly.time}`);
    await send('ledger', loss, `ledger/${loss.to}`);
    await gateway.closeClients();
  }

  /** What arrived at IoT Hub, and that a repeat is what came before. */
  async function arrived(): Promise<Map<string, PeekedEvent>> {
    const byId = new Map<string, PeekedEvent>();
    for (const event of await gateway.events()) {
      const id = event.messageId ?? '';
      const known = byId.get(id);
      if (known !== undefined) assert.deepEqual(event.body, known.body);
      byId.set(id, event);
    }
    return byId;
  }

  it('gets it again by resend, all kinds, with the same ids', async () => {
    const source = await gateway.module('source');
    await configured();
    await gateway.cutLink();
    await sendAll(source);
    await eventually(async () => {
      const { received, deliveredMessages } = await status();
      assert.equal(received, READINGS + averages.length + 2);
      assert.ok(deliveredMessages > averages.length + 2 + 3);
    }, 20_000);

    hub.kill('SIGKILL');
    await once(hub, 'exit');
    rmSync(join(gateway.settings.stateFolder, 'edge-hub'), { recursive: true });
    hub = await startHub();
    await gateway.mendLink();
    await eventually(async () => {
      const { outboxRows, backlogReadings } = await status();
      assert.deepEqual([outboxRows, backlogReadings], [0, 0]);
    }, 20_000);
    // The module is rid of what edgeHub has; edgeHub passes it on after that.
    await eventually(async () => assert.equal(await gateway.queued('iothub'), 0), 20_000);
    const before = await arrived();
    const kinds = (events: Map<string, PeekedEvent>) =>
      new Set([...events.values()].map(({ properties }) => properties['kind']));
    assert.ok(!kinds(before).has('anomaly'), 'edgeHub lost nothing');

    const answer = await invoke('resend', { from: iso(0), to: iso(READINGS * 10) });

    const { messages } = answer as { messages: number };
    await eventually(async () => assert.equal((await arrived()).size, messages), 20_000);
    const after = [...(await arrived()).values()];
    const bodies = (kind: string) =>
      after.filter(({ properties }) => properties['kind'] === kind).flatMap(({ body }) => body);
    const bySeq = bodies('telemetry') as { seq: number }[];
    assert.deepEqual(
      bySeq.toSorted((a, b) => a.seq - b.seq),
      readings,
    );
    const byWindow = bodies('average') as { windowEnd: string }[];
    assert.deepEqual(
      byWindow.toSorted((a, b) => Date.parse(a.windowEnd) - Date.parse(b.windowEnd)),
      averages,
    );
    assert.deepEqual([bodies('anomaly'), bodies('ledger')], [[anomaly], [loss]]);
  });
});
