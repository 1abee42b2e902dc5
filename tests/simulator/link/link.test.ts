import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import { startLink, type LinkStatus } from '../../../simulator/link/link.ts';
import { controlClient, type ControlClient } from '../../../simulator/wire/control-api.ts';
import type { RunningService } from '../../../simulator/wire/local-process.ts';
import type { Settings } from '../../../simulator/wire/settings.ts';
import { eventually } from '../../support/eventually.ts';
import { testSettings, type TestSettings } from '../../support/settings.ts';

const log = pino({ level: 'silent' });

describe('link', function () {
  this.timeout(20_000);
  let test: TestSettings;
  let settings: Settings;
  let cloud: Server;
  let link: RunningService;
  let control: ControlClient;

  beforeEach(async () => {
    test = await testSettings();
    settings = test.settings;
    cloud = await echoServer(settings.ports.iotHubMqtt);
    link = await startLink({ settings, log });
    control = controlClient(settings, 'link');
  });

  afterEach(async () => {
    await link.stop();
    cloud.close();
    await test.cleanup();
  });

  it('passes bytes both ways untouched and counts them', async () => {
    const bytes = randomBytes(300_000);
    const socket = await open(settings.ports.linkMqtt);

    assert.deepEqual(await echo(socket, bytes), bytes);
    const status = await statusOf(control);
    assert.equal(status.up, true);
    assert.deepEqual(
      [status.connections, status.bytesUp, status.bytesDown],
      [1, bytes.length, bytes.length],
    );
    socket.destroy();
  });

  it('passes on that one side has finished', async () => {
    const socket = connect({ port: settings.ports.linkMqtt, host: '127.0.0.1' });
    socket.end('last words');

    assert.equal((await readAll(socket)).toString(), 'last words');
    await eventually(async () => assert.equal((await statusOf(control)).connections, 0));
  });

  it('ends connections when it is cut', async () => {
    const socket = await open(settings.ports.linkMqtt);
    await echo(socket, Buffer.from('before'));
    const ended = closed(socket);

    const status = (await control.post('/cut')) as LinkStatus;

    await ended;
    assert.equal(status.up, false);
    await eventually(async () => assert.equal((await statusOf(control)).connections, 0));
  });

  it('lets no byte pass while it is cut', async () => {
    await control.post('/cut');
    const before = await statusOf(control);
    const sockets = [settings.ports.linkMqtt, settings.ports.linkHttps].map((port) =>
      connect({ port, host: '127.0.0.1' }),
    );
    for (const socket of sockets) socket.write('lost');

    await Promise.all(sockets.map(closed));
    const after = await statusOf(control);
    assert.deepEqual([after.bytesUp, after.connections], [before.bytesUp, 0]);
  });

  it('carries again when it is mended', async () => {
    await control.post('/cut');
    await control.post('/mend');
    const socket = await open(settings.ports.linkMqtt);

    assert.deepEqual(await echo(socket, Buffer.from('again')), Buffer.from('again'));
    socket.destroy();
  });

  it('keeps its position and since when across a restart', async () => {
    const cut = (await control.post('/cut')) as LinkStatus;
    await link.stop();
    link = await startLink({ settings, log });

    const status = await statusOf(control);
    assert.deepEqual([status.up, status.sinceMs], [false, cut.sinceMs]);
  });

  it('leaves the instant alone when it is cut twice', async () => {
    const first = (await control.post('/cut')) as LinkStatus;
    const second = (await control.post('/cut')) as LinkStatus;

    assert.equal(second.sinceMs, first.sinceMs);
  });

  it('ends the connection of a client whose cloud is not there', async () => {
    const socket = connect({ port: settings.ports.linkHttps, host: '127.0.0.1' });

    await closed(socket);
    await eventually(async () => assert.equal((await statusOf(control)).connections, 0));
  });

  it('names a damaged position file and the remedy', async () => {
    await link.stop();
    const file = join(settings.stateFolder, 'link.json');
    writeFileSync(file, '{"up":');

    await assert.rejects(startLink({ settings, log }), new RegExp(`${file} is damaged; delete it`));
  });
});

async function echoServer(port: number): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  return socket;
}

async function echo(socket: Socket, bytes: Buffer): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const done = new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (Buffer.concat(chunks).length === bytes.length) resolve();
    });
  });
  socket.write(bytes);
  await done;
  socket.removeAllListeners('data').removeAllListeners('error');
  return Buffer.concat(chunks);
}

async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function closed(socket: Socket): Promise<unknown> {
  socket.on('error', () => undefined);
  socket.resume();
  return new Promise((resolve) => socket.once('close', resolve));
}

async function statusOf(control: ControlClient): Promise<LinkStatus> {
  return (await control.get('/status')) as LinkStatus;
}
