import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compiled } from '../../../support/compiled.ts';
import { eventually } from '../../../support/eventually.ts';
import { into } from '../support/manifest.ts';
import { TestGateway } from '../support/test-gateway.ts';

const MANIFEST = {
  modules: ['source', 'sink'],
  routes: { readings: `FROM /messages/modules/source/outputs/* ${into('sink', 'readings')}` },
};
const OUTPUT = 'devices/gateway-01/modules/source/messages/events/%24.on=readings/';

describe('edgeHub killed with SIGKILL', function () {
  this.timeout(20_000);
  let gateway: TestGateway;
  let child: ChildProcess | undefined;

  before(async () => {
    gateway = await TestGateway.start(MANIFEST);
    await gateway.stopHub();
  });

  after(async () => {
    child?.kill('SIGKILL');
    await gateway.stop();
  });

  async function startProcess(): Promise<ChildProcess> {
    const { settings } = gateway;
    const file = join(settings.stateFolder, 'settings.json');
    await writeFile(file, JSON.stringify(settings));
    child = fork(compiled('simulator/edge/edge-hub/main.ts'), [file], {
      execArgv: [],
      stdio: 'ignore',
    });
    const [message] = (await once(child, 'message')) as [{ state: string }];
    assert.equal(message.state, 'ready');
    return child;
  }

  it('delivers everything that it had acknowledged, once it is back', async () => {
    const killed = await startProcess();
    const exit = once(killed, 'exit');
    const { client: source } = await gateway.rawModule('source');
    const acknowledged: number[] = [];
    for (let next = 1; next <= 20_000; next += 1) {
      source.send({
        cmd: 'publish',
        topic: OUTPUT,
        payload: String(next),
        qos: 1,
        messageId: next,
        dup: false,
        retain: false,
      });
    }
    while (acknowledged.length < 1000) {
      acknowledged.push((await source.next('puback')).messageId ?? 0);
    }
    killed.kill('SIGKILL');
    await exit;
    for (;;) {
      const packet = await source.next('puback').catch(() => undefined);
      if (packet === undefined) break;
      acknowledged.push(packet.messageId ?? 0);
    }
    assert.ok(acknowledged.length < 20_000, 'killed under load');

    await startProcess();
    const { client: sink } = await gateway.rawModule('sink', { inputs: true });
    const received: number[] = [];
    while (received.length < acknowledged.length) {
      const { payload, messageId = 0 } = await sink.next('publish');
      received.push(Number(payload.toString()));
      sink.send({ cmd: 'puback', messageId });
    }

    assert.deepEqual(received, acknowledged);
    sink.destroy();
    source.destroy();
    await eventually(async () => assert.deepEqual(await connectedClients(), []));
  });

  async function connectedClients(): Promise<unknown> {
    return ((await gateway.control.get('/status')) as { clients: unknown }).clients;
  }
});
