import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClientConnection } from '../../../../simulator/edge/edge-hub/clients.ts';
import { ModuleDeliveries } from '../../../../simulator/edge/edge-hub/module-deliveries.ts';
import { MessageQueues } from '../../../../simulator/edge/edge-hub/queues/message-queues.ts';
import { QUEUE_SCHEMA } from '../../../../simulator/edge/edge-hub/queues/queue-schema.ts';
import { openDatabase, type Database } from '../../../../simulator/wire/database.ts';
import { createLogger } from '../../../../simulator/wire/logger.ts';
import { ConnectionClosedError } from '../../../../simulator/wire/mqtt-front/types.ts';
import { eventually } from '../../../support/eventually.ts';

const ENDPOINT = {
  endpoint: 'gateway-01/sink/readings',
  priority: 1,
  timeToLiveSeconds: undefined,
};

class HandConnection implements ClientConnection {
  readonly clientId = 'gateway-01/sink';
  readonly identity = {
    deviceId: 'gateway-01',
    moduleId: 'sink',
    tokenExpiryMs: Number.POSITIVE_INFINITY,
    cleanSession: false,
  };
  readonly delivered: string[] = [];
  closed = false;

  send(): void {}

  async deliver({ payload }: { payload: string | Buffer }): Promise<void> {
    if (this.closed) throw new ConnectionClosedError('closed');
    this.delivered.push(payload.toString());
  }

  close(): void {
    this.closed = true;
  }
}

describe('deliveries to modules', () => {
  let folder: string;
  let database: Database;
  let queues: MessageQueues;
  let deliveries: ModuleDeliveries;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'deliveries-'));
    database = openDatabase(join(folder, 'edge-hub.db'), [QUEUE_SCHEMA]);
    queues = new MessageQueues(database, Date.now);
    const log = createLogger('test', 'silent');
    deliveries = new ModuleDeliveries({ queues, gatewayId: 'gateway-01', faithful: false, log });
  });

  afterEach(() => {
    deliveries.stop();
    database.close();
    rmSync(folder, { recursive: true });
  });

  const append = (text: string) =>
    queues.append({ properties: {}, systemProperties: {}, body: Buffer.from(text) }, [ENDPOINT]);

  it('stay with the new connection when a subscription of the closed one is granted late', async () => {
    const old = new HandConnection();
    const fresh = new HandConnection();
    old.close();
    deliveries.detach(old);
    deliveries.attach(fresh);
    deliveries.attach(old);
    await append('a');

    await eventually(() => assert.deepEqual(fresh.delivered, ['a']), 500);
  });
});
