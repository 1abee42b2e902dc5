import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { holdFreePorts } from '../../../simulator/supervisor/free-ports.ts';
import { OccupiedPortError, requireFree, withPort } from '../../../simulator/supervisor/ports.ts';

describe('ports of the local system', () => {
  it('are refused by name and with the option that changes it when another program holds one', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    const held = await holdFreePorts();
    const ports = withPort(held.ports, 'edgeHubMqtt', address.port);
    assert.ok(ports !== undefined);

    await assert.rejects(requireFree(ports), (error) => {
      assert.ok(error instanceof OccupiedPortError);
      assert.match(error.message, new RegExp(`Port ${address.port} \\(edgeHubMqtt\\) is in use`));
      assert.match(error.message, /--port edgeHubMqtt=NUMBER/);
      return true;
    });
    server.close();
    await held.release();
  });
});
