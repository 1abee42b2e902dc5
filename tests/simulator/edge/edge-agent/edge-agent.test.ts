import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { z } from 'zod';
import { startEdgeAgent } from '../../../../simulator/edge/edge-agent/edge-agent.ts';
import { processStartTime } from '../../../../simulator/edge/edge-agent/process-identity.ts';
import { startLink } from '../../../../simulator/link/link.ts';
import { controlClient } from '../../../../simulator/wire/control-api.ts';
import type { RunningService } from '../../../../simulator/wire/local-process.ts';
import type { Settings } from '../../../../simulator/wire/settings.ts';
import { TestAzure } from '../../../support/azure.ts';
import { compiled } from '../../../support/compiled.ts';
import { eventually } from '../../../support/eventually.ts';
import { testSettings, type TestSettings } from '../../../support/settings.ts';
import { manifestDocument } from '../support/manifest.ts';

const log = pino({ level: 'silent' });

/** A module that says what it was given, and ends as it is told. */
const MODULE = `
process.stdout.write(JSON.stringify({ environment: process.env, arguments: process.execArgv }) + '\\n');
if (process.env.EXIT_CODE !== undefined) process.exit(Number(process.env.EXIT_CODE));
setInterval(() => {}, 1000);
`;

const Status = z.object({
  modules: z.array(
    z.object({
      id: z.string(),
      pid: z.number().nullable(),
      state: z.string(),
      restarts: z.number(),
      startedAtMs: z.number().nullable(),
    }),
  ),
});

describe('edgeAgent', function () {
  this.timeout(20_000);
  let settings: Settings;
  let cleanup: TestSettings['cleanup'];
  let agent: RunningService | undefined;
  let child: ChildProcess | undefined;

  beforeEach(async () => {
    ({ settings, cleanup } = await testSettings());
    settings = { ...settings, manifestFile: join(settings.stateFolder, 'manifest.json') };
    await deploy({});
  });

  afterEach(async () => {
    child?.kill('SIGKILL');
    await agent?.stop();
    agent = undefined;
    await cleanup();
  });

  async function deploy(definition: object): Promise<void> {
    const image = join(settings.stateFolder, 'main.mjs');
    await writeFile(image, MODULE);
    const manifest = manifestDocument({
      modules: ['one', 'two'],
      routes: {},
      definition: { settings: { image }, ...definition },
    });
    await writeFile(settings.manifestFile, JSON.stringify(manifest));
  }

  async function start(): Promise<void> {
    agent = await startEdgeAgent({ settings, log }, process.env);
  }

  /** edgeAgent as a process of its own, so that it can be killed. */
  async function startAsProcess(): Promise<ChildProcess> {
    const file = join(settings.stateFolder, 'settings.json');
    await writeFile(file, JSON.stringify(settings));
    child = fork(compiled('simulator/edge/edge-agent/main.ts'), [file], {
      execArgv: [],
      stdio: 'ignore',
    });
    const [message] = (await once(child, 'message')) as [{ state: string }];
    assert.equal(message.state, 'ready');
    return child;
  }

  async function modules() {
    return Status.parse(await controlClient(settings, 'edgeAgent').get('/status')).modules;
  }

  async function logged(moduleId: string) {
    const text = await readFile(join(settings.stateFolder, 'logs', `${moduleId}.log`), 'utf8');
    return JSON.parse(text.trim().split('\n').at(-1) ?? '') as {
      environment: Record<string, string>;
    };
  }

  it('starts each module with the variables of a real device, its state folder and log', async () => {
    await deploy({ env: { STATE_FOLDER: { value: '/app/state' }, MODE: { value: 7 } } });
    await start();

    await eventually(async () => {
      const { environment } = await logged('two');
      assert.equal(environment['IOTEDGE_MODULEID'], 'two');
      assert.equal(environment['IOTEDGE_DEVICEID'], 'gateway-01');
      assert.equal(environment['IOTEDGE_AUTHSCHEME'], 'sasToken');
      const gateway = `localhost:${settings.ports.edgeHubMqtt}`;
      assert.equal(environment['IOTEDGE_GATEWAYHOSTNAME'], gateway);
      assert.equal(environment['STATE_FOLDER'], join(settings.stateFolder, 'modules/two'));
      assert.equal(environment['MODE'], '7');
    });
    assert.deepEqual(
      (await modules()).map(({ id, state }) => [id, state]),
      [
        ['one', 'running'],
        ['two', 'running'],
      ],
    );
  });

  it('starts a module that was killed again, and counts it', async () => {
    await start();
    const [before] = await modules();
    process.kill(before?.pid ?? 0, 'SIGKILL');

    await eventually(async () => {
      const [after] = await modules();
      assert.equal(after?.restarts, 1);
      assert.equal(after.state, 'running');
      assert.notEqual(after.pid, before?.pid);
    });
  });

  it('leaves a module down that ended well, when it is to be restarted on failure only', async () => {
    await deploy({ restartPolicy: 'on-failure', env: { EXIT_CODE: { value: 0 } } });
    await start();

    await eventually(async () => {
      assert.deepEqual(
        (await modules()).map(({ state }) => state),
        ['stopped', 'stopped'],
      );
    });
  });

  it('waits longer and longer for a module that keeps failing', async () => {
    await deploy({ env: { EXIT_CODE: { value: 1 } } });
    await start();

    await eventually(async () => {
      const [one] = await modules();
      assert.ok((one?.restarts ?? 0) >= 2);
      assert.equal(one?.state, 'backoff');
    });
  });

  it('does not start a module whose status is stopped', async () => {
    await deploy({ status: 'stopped' });
    await start();

    assert.deepEqual(
      (await modules()).map(({ state, pid }) => [state, pid]),
      [
        ['stopped', null],
        ['stopped', null],
      ],
    );
  });

  it('leaves a module down that is held, and starts it at once when it is released', async () => {
    await start();
    const control = controlClient(settings, 'edgeAgent');
    const [before] = await modules();
    await control.post('/modules/one/hold');
    process.kill(before?.pid ?? 0, 'SIGKILL');
    await eventually(async () => assert.equal((await modules())[0]?.state, 'stopped'));

    await control.post('/modules/one/release');

    const [after] = await modules();
    assert.equal(after?.state, 'running');
    assert.notEqual(after.pid, before?.pid);
  });

  it('restarts a module on request', async () => {
    await start();
    const [before] = await modules();

    await controlClient(settings, 'edgeAgent').post('/modules/one/restart');

    const [after] = await modules();
    assert.notEqual(after?.pid, before?.pid);
    assert.equal(processStartTime(before?.pid ?? 0), undefined);
  });

  it('finds its modules again after it was killed, and ends them when it stops', async () => {
    const killed = await startAsProcess();
    const before = await modules();
    killed.kill('SIGKILL');
    await once(killed, 'exit');

    await start();

    assert.deepEqual(await modules(), before);
    await agent?.stop();
    agent = undefined;
    for (const { pid } of before) assert.equal(processStartTime(pid ?? 0), undefined);
  });

  it('notices that a module it has found again ends', async () => {
    const killed = await startAsProcess();
    const [before] = await modules();
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    await start();

    process.kill(before?.pid ?? 0, 'SIGKILL');

    await eventually(async () => assert.equal((await modules())[0]?.restarts, 1));
  });

  it('replaces a module it finds again when the manifest has changed', async () => {
    const killed = await startAsProcess();
    const [before] = await modules();
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    await deploy({ env: { MODE: { value: 'other' } } });

    await start();

    assert.notEqual((await modules())[0]?.pid, before?.pid);
    await eventually(() => assert.equal(processStartTime(before?.pid ?? 0), undefined));
  });

  it('keeps the keys of its modules, readable by their owner only', async () => {
    await start();
    const control = controlClient(settings, 'edgeAgent');
    const before = await control.get('/modules/one/connection-string');
    const file = join(settings.stateFolder, 'edge-agent/identities.json');
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    await agent?.stop();

    await start();

    assert.deepEqual(await control.get('/modules/one/connection-string'), before);
    await agent?.stop();
    agent = undefined;
    await writeFile(file, '{"one": {"key": "secret"');
    await assert.rejects(start(), (error: Error) => {
      assert.match(error.message, /identities\.json is damaged.*--fresh/);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  });

  it('refuses a manifest whose modules are not compiled, naming them', async () => {
    await deploy({ settings: { image: '/nowhere/main.js' } });

    await assert.rejects(start(), /module one: \/nowhere\/main\.js does not exist.*npm run build/);
  });
});

describe('edgeAgent without the cloud', function () {
  this.timeout(20_000);

  it('starts its modules, and registers them once the link is mended', async () => {
    const azure = await TestAzure.start();
    const settings = {
      ...azure.settings,
      manifestFile: join(azure.settings.stateFolder, 'manifest.json'),
    };
    const image = join(settings.stateFolder, 'main.mjs');
    await writeFile(image, MODULE);
    const definition = { settings: { image } };
    const manifest = manifestDocument({ modules: ['one'], routes: {}, definition });
    await writeFile(settings.manifestFile, JSON.stringify(manifest));
    const link = await startLink({ settings, log });
    await controlClient(settings, 'link').post('/cut');
    const agent = await startEdgeAgent({ settings, log }, process.env);
    try {
      const status = Status.parse(await controlClient(settings, 'edgeAgent').get('/status'));
      assert.equal(status.modules[0]?.state, 'running');

      await controlClient(settings, 'link').post('/mend');

      await eventually(async () => {
        const { responseBody } = await azure.registry().getModule('gateway-01', 'one');
        assert.equal(responseBody.moduleId, 'one');
      });
    } finally {
      await agent.stop();
      await link.stop();
      await azure.stop();
    }
  });
});
