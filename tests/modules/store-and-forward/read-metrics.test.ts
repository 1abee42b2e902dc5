import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { metricsAt } from '../../../modules/store-and-forward/src/read-metrics.ts';

describe('edgeHub’s metrics', () => {
  let server: Server;
  let answer: RequestListener;
  let uri: string;

  beforeEach(async () => {
    server = createServer((request, response) => answer(request, response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  it('are read anew each time', async () => {
    let count = 0;
    answer = (request, response) => {
      count += 1;
      response.end(`${request.url} ${count}`);
    };
    const read = metricsAt(uri);

    assert.equal(await read(), '/metrics 1');
    assert.equal(await read(), '/metrics 2');
  });

  it('are not what comes with another status', async () => {
    answer = (_, response) => response.writeHead(503).end('edgehub_queue_length 0');

    await assert.rejects(metricsAt(uri)(), /answered 503/);
  });

  it('are not half an answer, whether the connection breaks or time runs out', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('half', () => response.destroy());
    };
    await assert.rejects(metricsAt(uri)(), { code: 'ECONNRESET' });

    answer = (_, response) => response.writeHead(200, { 'content-length': 100 }).write('half');
    await assert.rejects(metricsAt(uri, 200)(), { name: 'AbortError' });
  });

  it('are missed when nobody listens', async () => {
    server.close();
    await once(server, 'close');

    await assert.rejects(metricsAt(uri)(), { code: 'ECONNREFUSED' });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
});
