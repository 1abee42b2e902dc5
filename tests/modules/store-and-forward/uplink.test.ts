import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer, type Server } from 'node:tls';
import { createLogger } from '../../../modules/shared/src/logger.ts';
import { DailyBudget } from '../../../modules/store-and-forward/src/core/daily-budget.ts';
import { gatewayName } from '../../../modules/store-and-forward/src/gateway-name.ts';
import { UplinkAdmission } from '../../../modules/store-and-forward/src/uplink-admission.ts';
import { tlsProbe, UplinkProbe } from '../../../modules/store-and-forward/src/uplink-probe.ts';
import { ensureCertificates } from '../../../simulator/wire/certificates.ts';
import { FakeClock, settled } from '../../support/fake-clock.ts';

const LIVE = 2;

describe('uplink admission without edgeHub’s metrics', () => {
  let clock: FakeClock;
  let isUp: boolean;
  let looks: number;
  let admission: UplinkAdmission;
  let stop: () => void;

  beforeEach(() => {
    clock = new FakeClock();
    isUp = true;
    looks = 0;
    const probe = new UplinkProbe(async () => {
      looks += 1;
      return isUp;
    }, clock);
    const log = createLogger('module-01', 'silent');
    const budget = new DailyBudget();
    admission = new UplinkAdmission({ readMetrics: undefined, probe, budget, clock, log });
  });

  const start = async () => {
    stop = admission.start(() => {});
    await settled();
    await clock.advance(2_000);
  };
  afterEach(() => stop());

  /** Messages of a priority that may go in so many seconds. */
  async function going(priority: number, seconds: number): Promise<number> {
    let count = 0;
    for (let second = 0; second < seconds; second += 1) {
      await clock.advance(1_000);
      for (; admission.room(priority) >= 1; count += 1) {
        const more = {
          output: 'upstream',
          messageId: 'a',
          properties: {},
          body: '',
          row: 1,
          bytes: 0,
        };
        admission.handedOver({ priority, ...more });
      }
    }
    return count;
  }

  it('hands over more while IoT Hub’s host answers', async () => {
    await start();

    assert.equal(admission.hint, 'reachable');
    assert.equal(await going(LIVE, 10), 80);
  });

  it('trickles when the host never answers: behind a proxy that means nothing', async () => {
    isUp = false;
    await start();

    assert.equal(admission.hint, 'unknown');
    assert.equal(await going(LIVE, 10), 10);
  });

  it('trickles ever more slowly when the host answers no more, but for results', async () => {
    await start();
    isUp = false;
    await clock.advance(31_000);
    assert.equal(admission.hint, 'cut');

    const first = await going(LIVE, 60);
    const tenth = await going(LIVE, 600);
    assert.ok(first >= 4 && first <= 15, `${first} in the first minute`);
    assert.ok(tenth >= 9 && tenth <= 25, `${tenth} in ten more`);
    assert.equal(await going(0, 10), 200);
  });

  it('is as fast as before within seconds when the host answers again', async () => {
    await start();
    isUp = false;
    await clock.advance(700_000);
    isUp = true;
    await clock.advance(16_000);

    assert.equal(admission.hint, 'reachable');
    assert.equal(await going(LIVE, 10), 80);
  });

  it('asks the host seldom, and not at the same moment for ever', async () => {
    isUp = false;
    await start();
    looks = 0;
    await clock.advance(600_000);

    assert.ok(looks >= 40 && looks <= 80, `${looks} looks in ten minutes`);
  });
});

describe('a probe', () => {
  let server: Server;
  let ca: string;
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'probe-'));
    const made = await ensureCertificates({
      stateFolder: folder,
      iotHubHostName: 'lab-hub.azure-devices.net',
      deviceProvisioningHostName: 'lab-provisioning.azure-devices-provisioning.net',
    });
    ca = made.caPem;
    server = createTlsServer({ cert: made.serverCertPem, key: made.serverKeyPem }).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
  });
  after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  const at = (port: number, trusted?: string) => tlsProbe({ host: 'localhost', port }, trusted)();

  it('tells whether a host whose certificate is good answers', async () => {
    const { port } = server.address() as AddressInfo;

    assert.equal(await at(port, ca), true);
    assert.equal(await at(port), false);
  });

  it('is answered by no port at all, and by no host that does not speak TLS', async () => {
    const plain = createServer((socket) => socket.resume().end('220 hello\r\n')).listen(
      0,
      '127.0.0.1',
    );
    await once(plain, 'listening');
    const { port } = plain.address() as AddressInfo;
    assert.equal(await at(port, ca), false);
    plain.close();
    await once(plain, 'close');

    assert.equal(await at(port, ca), false);
  });
});

describe('what messages of a gateway are named by', () => {
  it('is its device id, and no longer than leaves room for the numbers', () => {
    const long = 'gateway-'.padEnd(128, 'x');

    assert.equal(gatewayName('gateway-01'), 'gateway-01');
    assert.ok(gatewayName(long).length <= 80);
    assert.notEqual(gatewayName(long), gatewayName(`${long.slice(0, -1)}y`));
    const last = Number.MAX_SAFE_INTEGER;
    assert.ok(`ledger/${gatewayName(long)}/${last}-${last}/1234`.length <= 128);
  });
});
