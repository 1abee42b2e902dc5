import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ensureCertificates } from '../../../simulator/wire/certificates.ts';
import { controlClient } from '../../../simulator/wire/control-api.ts';
import { signSasToken } from '../../../simulator/wire/sas-token.ts';
import { RawMqttClient } from '../../support/raw-mqtt.ts';
import { compiled } from '../../support/compiled.ts';
import { testSettings, type TestSettings } from '../../support/settings.ts';

const Status = z.object({ iotHub: z.object({ messagesReceived: z.number() }) });
const Twin = z.object({ desired: z.record(z.string(), z.unknown()) });

describe('azure process', function () {
  this.timeout(20_000);
  let test: TestSettings;
  let child: ChildProcess | undefined;

  beforeEach(async () => {
    test = await testSettings();
  });
  afterEach(async () => {
    if (child?.exitCode === null && child.signalCode === null) await kill(child);
    await test.cleanup();
  });

  /** Resolves with what the process tells its supervisor. */
  async function start(): Promise<unknown> {
    const { settings } = test;
    const path = join(settings.stateFolder, 'settings.json');
    await writeFile(path, JSON.stringify(settings));
    child = spawn(process.execPath, [compiled('simulator/azure/main.ts'), path], {
      cwd: settings.projectFolder,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const [message]: unknown[] = await once(child, 'message');
    return message;
  }

  async function kill(victim: ChildProcess): Promise<void> {
    const exited = once(victim, 'exit');
    victim.kill('SIGKILL');
    await exited;
  }

  it('has after SIGKILL everything that it acknowledged before', async () => {
    const { settings } = test;
    assert.deepEqual(await start(), { state: 'ready' });
    const control = controlClient(settings, 'azure');
    await control.post(`/devices/${settings.gatewayDeviceId}/twin/desired`, { interval: 5 });
    const count = 500;
    await sendAll(count);

    assert.ok(child);
    await kill(child);
    assert.deepEqual(await start(), { state: 'ready' });

    const { iotHub } = Status.parse(await control.get('/status'));
    assert.equal(iotHub.messagesReceived, count);
    const twin = Twin.parse(await control.get(`/devices/${settings.gatewayDeviceId}/twin`));
    assert.deepEqual(twin.desired, { interval: 5, $version: 2 });
  });

  it('ends by itself when its supervisor is gone', async () => {
    await start();
    assert.ok(child);
    const exited = once(child, 'exit');
    child.disconnect();
    assert.deepEqual(await exited, [0, null]);
  });

  it('says in a sentence that its database is damaged, and how to go on', async () => {
    const folder = join(test.settings.stateFolder, 'azure');
    await mkdir(folder);
    await writeFile(join(folder, 'iot-hub.db'), 'not a database'.repeat(99));

    const message = JSON.stringify(await start());

    assert.match(message, /"state":"failed"/);
    assert.match(message, /iot-hub\.db cannot be used: .*--fresh/);
  });

  /** Sends as the gateway, all at once, and waits for all acknowledgements. */
  async function sendAll(count: number): Promise<void> {
    const { iotHubHostName: host, gatewayDeviceId, ports, secrets } = test.settings;
    const { caPem } = await ensureCertificates(test.settings);
    const client = await RawMqttClient.open(ports.iotHubMqtt, caPem);
    const token = signSasToken({
      resource: `${host}/devices/${gatewayDeviceId}`,
      key: secrets.gatewayKey,
      expirySeconds: 9_000_000_000,
    });
    await client.connect({
      clientId: gatewayDeviceId,
      username: `${host}/${gatewayDeviceId}/?api-version=2021-04-12`,
      password: Buffer.from(token),
    });
    const topic = `devices/${gatewayDeviceId}/messages/events/`;
    for (let messageId = 1; messageId <= count; messageId += 1) {
      client.send({
        cmd: 'publish',
        topic,
        payload: '{}',
        messageId,
        qos: 1,
        dup: false,
        retain: false,
      });
    }
    for (let id = 1; id <= count; id += 1) await client.next('puback');
    client.destroy();
  }
});
