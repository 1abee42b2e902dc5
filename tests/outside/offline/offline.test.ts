/** More than a year without edgeHub: a real module on the real SDK, its clock moved by libfaketime. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IConnectPacket } from 'mqtt-packet';
import { makeRoot, validForDays } from '../../../simulator/wire/certificate-issuer.ts';
import { eventually } from '../../support/eventually.ts';
import { MisbehavingEdgeHub } from '../../support/misbehaving-edge-hub.ts';
import { MovedModule } from './moved-clock.ts';

const DAY_SECONDS = 86_400;
/** A token is renewed when 45 of its 60 minutes are over. */
const RENEWAL_SECONDS = 46 * 60;
const ONE_MOMENT_MS = 350;

describe('a module that is offline for 400 days', function () {
  this.timeout(120_000);
  let hub: MisbehavingEdgeHub;
  let folder: string;
  let module: MovedModule;
  let refusals: string[];
  let nextId = 1;

  beforeEach(async () => {
    refusals = [];
    folder = mkdtempSync(join(tmpdir(), 'offline-'));
    hub = await MisbehavingEdgeHub.start();
    hub.onConnect = (packet) => check(packet);
    module = new MovedModule('averager', folder, hub.environment);
    await connected(1, 0);
  });
  afterEach(async () => {
    assert.equal(await module.end(), 0, module.output);
    await hub.stop();
    rmSync(folder, { recursive: true });
    assert.deepEqual(refusals, []);
  });

  /** Holds every CONNECT to what edgeHub holds it to: a token of its own that is good now. */
  function check({ password }: IConnectPacket): void {
    const token = String(password);
    const expiryMs = Number(/se=(\d+)$/.exec(token)?.[1]) * 1_000;
    const leftSeconds = Math.round((expiryMs - module.nowMs()) / 1_000);
    if (!hub.workload.signed(token)) refusals.push('not signed by the workload API');
    if (leftSeconds < 3_500 || leftSeconds > 3_660) refusals.push(`good for ${leftSeconds} s`);
  }

  /** Waits for a connection on which the module has read its twin: it asks for it twice. */
  async function connected(connects: number, twinRequests: number): Promise<void> {
    await eventually(() => {
      assert.equal(hub.connects.length, connects, module.output);
      assert.ok(hub.twinRequests >= twinRequests + 2);
      assert.equal(new Set(hub.subscribed).size, 4);
    }, 20_000);
    await awake();
  }

  /** Waits until the module has taken in all that was sent to it, and done what was due before. */
  async function awake(): Promise<void> {
    const answers = () => hub.published.filter((line) => line.startsWith('$iothub/methods/res/'));
    for (let call = 0; call < 2; call += 1) {
      const { length } = answers();
      hub.invoke('ping', '{}');
      await eventually(() => assert.ok(answers().length > length, module.output));
    }
  }

  /** Two readings of another time than before, the second of which closes the window of the first. */
  async function averages(temp: number): Promise<void> {
    const id = nextId;
    nextId += 1;
    module.forward(600);
    await awake();
    const atMs = Math.floor(module.nowMs() / 300_000) * 300_000 - 600_000;
    const readings = [1_000, 301_000 + 40_000].map((afterMs, index) => ({
      id: 'Meter01',
      time: new Date(atMs + afterMs).toISOString(),
      temp: temp + index,
      seq: 10 * id + index,
    }));
    hub.input('%24.cdid=gateway-01&%24.cmid=tester', JSON.stringify(readings), id);
    await eventually(() => assert.ok(hub.acknowledged.includes(id), module.output));
    await eventually(() =>
      assert.ok(hub.published.some((line) => line.includes(`"average":${temp}`))),
    );
  }

  async function renews(times: number): Promise<void> {
    hub.manners.sessionPresent = true;
    for (let renewal = 0; renewal < times; renewal += 1) {
      const { connects, twinRequests } = hub;
      const { length } = connects;
      module.forward(RENEWAL_SECONDS);
      await connected(length + 1, twinRequests);
    }
    hub.manners.sessionPresent = false;
  }

  it('comes back by itself, renews its tokens, and has lost nothing', async () => {
    const began = performance.now();
    await averages(60);
    await renews(20);
    await averages(61);
    // This one is decided, and edgeHub goes before it has acknowledged it.
    hub.manners.puback = false;
    await averages(62);
    await hub.pause();
    const before = module.usage();

    for (let stride = 0; stride < 20; stride += 1) {
      const asked = hub.workload.asked.length;
      module.forward(10 * DAY_SECONDS);
      await eventually(() => assert.ok(hub.workload.asked.length > asked, module.output));
    }
    await hub.workload.stop();
    for (let stride = 0; stride < 20; stride += 1) {
      module.forward(10 * DAY_SECONDS);
      await new Promise((resolve) => setTimeout(resolve, ONE_MOMENT_MS));
    }
    const after = module.usage();

    // Meanwhile edgeHub was installed anew, with certificates of another authority.
    const now = new Date(module.nowMs());
    const root = await makeRoot({
      name: 'another root',
      validity: validForDays(90, now),
      pathLength: 2,
    });
    hub.workload.trustBundlePem = root.certificatePem;
    await hub.certify(root, now);
    hub.manners.puback = true;
    const { connects, twinRequests } = hub;
    const { length } = connects;
    hub.published.length = 0;
    await hub.workload.start();
    await hub.resume();
    await connected(length + 1, twinRequests);
    await eventually(() => assert.ok(hub.published.some((line) => line.includes('"average":62'))));
    await averages(63);
    await renews(5);
    await averages(64);

    const seconds = Math.round((performance.now() - began) / 1_000);
    process.stdout.write(
      `      ${JSON.stringify({ seconds, connects: hub.connects.length, before, after })}\n`,
    );
    assert.ok(after.residentMiB < before.residentMiB + 30, 'memory grew');
    assert.ok(after.files <= before.files + 2, 'files were left open');
    assert.ok(after.logLines < before.logLines + 200, 'the log grew');
  });
});
