import assert from 'node:assert/strict';
import {
  identityResource,
  parseIdentityResource,
  parseMqttUsername,
} from '../../../simulator/wire/identity-name.ts';
import {
  inputTopic,
  methodRequestTopic,
  parsePublishedTopic,
  parseSubscription,
  telemetryTopic,
  twinResponseTopic,
} from '../../../simulator/wire/mqtt-topics.ts';

describe('MQTT topics', () => {
  it('reads telemetry of devices and modules, with and without a slash at the end', () => {
    const bag = { '$.on': 'out1', a: 'b' };
    for (const end of ['', '/']) {
      assert.deepEqual(parsePublishedTopic(`devices/d/messages/events/%24.on=out1&a=b${end}`), {
        kind: 'telemetry',
        deviceId: 'd',
        bag,
      });
      assert.deepEqual(
        parsePublishedTopic(`devices/d/modules/m/messages/events/%24.on=out1&a=b${end}`),
        { kind: 'telemetry', deviceId: 'd', moduleId: 'm', bag },
      );
    }
    assert.deepEqual(parsePublishedTopic('devices/d/messages/events'), {
      kind: 'telemetry',
      deviceId: 'd',
      bag: {},
    });
  });

  it('reads its own telemetry topics back', () => {
    const bag = { '$.mid': 'reading/Meter01/7', 'a/+#': '=&%' };
    for (const name of [{ deviceId: 'd' }, { deviceId: 'd', moduleId: 'm' }]) {
      const topic = telemetryTopic(name, bag);
      assert.deepEqual(parsePublishedTopic(topic), { kind: 'telemetry', ...name, bag });
    }
  });

  it('reads twin requests and method responses', () => {
    assert.deepEqual(parsePublishedTopic('$iothub/twin/GET/?$rid=a%20b'), {
      kind: 'twinGet',
      requestId: 'a b',
    });
    assert.deepEqual(parsePublishedTopic('$iothub/twin/PATCH/properties/reported/?$rid=1'), {
      kind: 'reportedPatch',
      requestId: '1',
    });
    assert.deepEqual(parsePublishedTopic('$iothub/methods/res/-1/?$rid=1'), {
      kind: 'methodResponse',
      requestId: '1',
      status: -1,
    });
  });

  it('knows no other topics', () => {
    for (const topic of ['', 'x', 'devices/d/messages', '$iothub/twin/PUT/?$rid=1']) {
      assert.deepEqual(parsePublishedTopic(topic), { kind: 'unknown' });
    }
  });

  it('lets an identity subscribe to its own topics only', () => {
    const device = { deviceId: 'd' };
    const module = { deviceId: 'd', moduleId: 'm' };
    assert.equal(parseSubscription('$iothub/methods/POST/#', device), 'methods');
    assert.equal(parseSubscription('devices/d/messages/devicebound/#', device), 'cloudToDevice');
    assert.equal(parseSubscription('devices/d/modules/m/inputs/#', module), 'inputs');
    assert.equal(parseSubscription('devices/d/messages/devicebound/#', module), undefined);
    assert.equal(parseSubscription('devices/d/modules/undefined/inputs/#', device), undefined);
    assert.equal(parseSubscription('devices/x/messages/devicebound/#', device), undefined);
    assert.equal(parseSubscription('#', device), undefined);
  });

  it('writes the topics that the SDK waits for', () => {
    assert.equal(twinResponseTopic(204, 'r', 3), '$iothub/twin/res/204/?$rid=r&$version=3');
    assert.equal(methodRequestTopic('ping', 'r'), '$iothub/methods/POST/ping/?$rid=r');
    assert.equal(
      inputTopic({ deviceId: 'd', moduleId: 'm' }, 'readings', { '$.cdid': 'Meter01' }),
      'devices/d/modules/m/inputs/readings/%24.cdid=Meter01',
    );
  });
});

describe('identity names', () => {
  it('reads the user names of devices and modules', () => {
    assert.deepEqual(parseMqttUsername('hub/d/?api-version=2021-04-12&DeviceClientType=x%2F1'), {
      hostName: 'hub',
      deviceId: 'd',
    });
    assert.deepEqual(parseMqttUsername('hub/d/$edgeHub/api-version=1'), {
      hostName: 'hub',
      deviceId: 'd',
      moduleId: '$edgeHub',
    });
  });

  it('refuses user names without parts or api-version', () => {
    for (const username of ['', 'hub', 'hub/d', 'hub/d/', 'hub/d/?x=1', 'hub//?api-version=1']) {
      assert.equal(parseMqttUsername(username), undefined, username);
    }
  });

  it('reads resources back', () => {
    for (const name of [{ deviceId: 'd' }, { deviceId: 'd', moduleId: 'm' }]) {
      const resource = identityResource('hub', name);
      assert.deepEqual(parseIdentityResource(resource), { hostName: 'hub', ...name });
    }
    for (const resource of ['hub', 'hub/devices', 'hub/devices/d/modules', 'hub/things/d']) {
      assert.equal(parseIdentityResource(resource), undefined, resource);
    }
  });
});
