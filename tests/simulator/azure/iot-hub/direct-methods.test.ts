import assert from 'node:assert/strict';
import { DirectMethods } from '../../../../simulator/azure/iot-hub/direct-methods.ts';
import type { HubConnection } from '../../../../simulator/azure/iot-hub/sessions.ts';

const NAME = { deviceId: 'Meter01' };
const CALL = {
  methodName: 'ping',
  payload: null,
  responseTimeoutSeconds: 0.02,
  connectTimeoutSeconds: 0,
};

class FakeConnection implements HubConnection {
  readonly clientId = 'Meter01';
  readonly closed = false;
  readonly identity = {
    name: NAME,
    generationId: '1',
    authentication: 'sas' as const,
    cleanSession: false,
    subscriptions: new Set(['methods' as const]),
    expiresMs: 0,
  };
  readonly requestIds: string[] = [];
  onRequest: (requestId: string) => void = () => {};

  send(topic: string): void {
    const requestId = topic.split('$rid=')[1] ?? '';
    this.requestIds.push(requestId);
    this.onRequest(requestId);
  }
  async deliver(): Promise<void> {}
  close(): void {}
}

describe('direct methods', () => {
  const connected = (connection: HubConnection) =>
    new DirectMethods({ waitForSubscription: async () => connection });

  it('fails with GatewayTimeout when no answer comes in time, and ignores a late one', async () => {
    const connection = new FakeConnection();
    const methods = connected(connection);

    await assert.rejects(methods.invoke(NAME, CALL), { code: 'GatewayTimeout', statusCode: 504 });

    methods.answer(connection, connection.requestIds[0] ?? '', { status: 200, payload: null });
  });

  it('fails at once when the client disconnects before it answered', async () => {
    const connection = new FakeConnection();
    const methods = connected(connection);
    connection.onRequest = () => queueMicrotask(() => methods.disconnected(connection));

    const call = methods.invoke(NAME, { ...CALL, responseTimeoutSeconds: 60 });

    await assert.rejects(call, { code: 'DeviceNotOnline', statusCode: 404 });
  });

  it('takes an answer only from the client that was asked', async () => {
    const connection = new FakeConnection();
    const methods = connected(connection);
    connection.onRequest = (requestId) => {
      methods.answer(new FakeConnection(), requestId, { status: 666, payload: null });
      methods.answer(connection, requestId, { status: 200, payload: 'pong' });
    };

    assert.deepEqual(await methods.invoke(NAME, CALL), { status: 200, payload: 'pong' });
  });
});
