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
      logLevel: 'debug',
      stateFolder: '/state',
      edgeHubMetricsUri: undefined,
      heartbeatFile: undefined,
    });
  });

  it('comes from the connection string that iotedgehubdev gives', () => {
    const { deviceId, moduleId, stateFolder } = readEnv({
      EdgeHubConnectionString: CONNECTION_STRING,
    });

    assert.deepEqual(
      [deviceId, moduleId, stateFolder],
      ['gateway-01', 'averager', '/var/lib/averager'],
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
