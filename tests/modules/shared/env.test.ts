import assert from 'node:assert/strict';
import { EdgeError } from '../../../modules/shared/src/edge-error.ts';
import { readEnv } from '../../../modules/shared/src/env.ts';

const EDGE = {
  IOTEDGE_WORKLOADURI: 'unix:///var/run/iotedge/workload.sock',
  IOTEDGE_DEVICEID: 'gateway-01',
  IOTEDGE_MODULEID: 'averager',
  IOTEDGE_IOTHUBHOSTNAME: 'hub.azure-devices.net',
  IOTEDGE_AUTHSCHEME: 'sasToken',
  IOTEDGE_MODULEGENERATIONID: '1',
};
const CONNECTION_STRING =
  'HostName=h;GatewayHostName=g;DeviceId=gateway-01;ModuleId=averager;SharedAccessKey=c2VjcmV0';

const complains = (pattern: RegExp) => (error: unknown) =>
  error instanceof EdgeError && error.code === 'ENVIRONMENT' && pattern.test(error.message);

describe('environment of a module', () => {
  it('comes from edgeAgent', () => {
    assert.deepEqual(readEnv({ ...EDGE, LOG_LEVEL: 'debug', STATE_FOLDER: '/state' }), {
      deviceId: 'gateway-01',
      moduleId: 'averager',
      iotHubHostName: 'hub.azure-devices.net',
      logLevel: 'debug',
      stateFolder: '/state',
      edgeHubMetricsUri: undefined,
      metrics: undefined,
      heartbeatFile: undefined,
    });
  });

  it('comes from the connection string that iotedgehubdev gives', () => {
    const { deviceId, moduleId, stateFolder, iotHubHostName } = readEnv({
      EdgeHubConnectionString: CONNECTION_STRING,
    });

    assert.deepEqual(
      [deviceId, moduleId, stateFolder, iotHubHostName],
      ['gateway-01', 'averager', '/var/lib/averager', 'h'],
    );
  });

  it('is refused by the name of the variable that is missing', () => {
    for (const name of Object.keys(EDGE)) {
      assert.throws(
        () => readEnv({ ...EDGE, [name]: '' }),
        complains(new RegExp(`${name} is missing`)),
      );
    }
  });

  it('says where to serve metrics: nowhere, or on this machine only unless told otherwise', () => {
    assert.equal(readEnv({ ...EDGE, METRICS_PORT: '' }).metrics, undefined);
    assert.deepEqual(readEnv({ ...EDGE, METRICS_PORT: '9600' }).metrics, {
      host: '127.0.0.1',
      port: 9_600,
    });
    assert.deepEqual(readEnv({ ...EDGE, METRICS_PORT: '0', METRICS_HOST: '0.0.0.0' }).metrics, {
      host: '0.0.0.0',
      port: 0,
    });
    for (const METRICS_PORT of ['65536', '-1', 'many', '1.5']) {
      assert.throws(() => readEnv({ ...EDGE, METRICS_PORT }), complains(/METRICS_PORT/));
    }
  });

  it('is refused without showing the value, which may be a secret', () => {
    assert.throws(
      () => readEnv({ ...EDGE, EDGEHUB_METRICS_URI: 'file:///secret' }),
      (error: unknown) =>
        complains(/EDGEHUB_METRICS_URI/)(error) && !String(error).includes('file:'),
    );
    assert.throws(
      () => readEnv({ EdgeHubConnectionString: 'DeviceId=a;SharedAccessKey=c2VjcmV0' }),
      (error: unknown) =>
        complains(/EdgeHubConnectionString needs/)(error) && !String(error).includes('c2Vj'),
    );
  });
});
