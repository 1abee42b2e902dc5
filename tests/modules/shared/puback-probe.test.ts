import assert from 'node:assert/strict';
import azureIotDevice from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import { MqttBase } from 'azure-iot-mqtt-base';
import { EdgeError } from '../../../modules/shared/src/edge-error.ts';
import type { TransportConstructor } from '../../../modules/shared/src/deferred-puback.ts';
import {
  PROBE_CONNECTION_STRING,
  verifyDeferredPuback,
} from '../../../modules/shared/src/puback-probe.ts';

const makeClient = (transport: TransportConstructor) =>
  azureIotDevice.ModuleClient.fromConnectionString(PROBE_CONNECTION_STRING, transport);

describe('probe of the acknowledgement hook', function () {
  this.timeout(10_000);
  it('passes with the installed SDK', () => verifyDeferredPuback(makeClient));

  it('refuses an SDK that acknowledges a message on arrival', async () => {
    const probing = verifyDeferredPuback(
      makeClient,
      (connect, listener) =>
        class Unhooked extends Mqtt {
          constructor(authentication: ConstructorParameters<typeof Mqtt>[0]) {
            super(authentication, new MqttBase({ connect }));
            this.on('inputMessage', (input, message) => listener(input, message, undefined));
          }
        },
    );

    await assert.rejects(
      probing,
      (error: unknown) =>
        error instanceof EdgeError &&
        error.code === 'ACKNOWLEDGEMENT_HOOK' &&
        /acknowledges a message on arrival.*npm ci/.test(error.message),
    );
  });
});
