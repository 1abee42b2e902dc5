import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { TransportError } from '../../../../cloud/function/src/transport.ts';
import {
  LogicAppRequest,
  openLogicApp,
} from '../../../../cloud/function/src/transports/logic-app.ts';
import { renderMail } from '../../../../cloud/function/src/render-mail.ts';
import { sampleMail } from '../sample-mail.ts';

const SIGNATURE = 'sig=very-secret-signature';
const WORKFLOW = new URL('../../../../cloud/infra/logic-app/workflow.json', import.meta.url);

const Workflow = z.object({
  definition: z.object({
    triggers: z.object({
      request: z.object({
        operationOptions: z.literal('EnableSchemaValidation'),
        inputs: z.object({ schema: z.record(z.string(), z.unknown()) }),
      }),
    }),
    actions: z.record(
      z.string(),
      z.looseObject({ type: z.string(), runAfter: z.record(z.string(), z.array(z.string())) }),
    ),
  }),
});
const workflow = Workflow.parse(JSON.parse(readFileSync(WORKFLOW, 'utf8')));

describe('transport Logic App', function () {
  this.timeout(10_000);
  let server: Server;
  let url: string;
  let status = 200;
  let received: { body: unknown; tracking: unknown }[] = [];

  before(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
        received.push({ body, tracking: request.headers['x-ms-client-tracking-id'] });
        // Status 0 stands for a workflow that never answers.
        if (status !== 0) response.writeHead(status).end(`never shown ${SIGNATURE}`);
      });
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    url = `http://127.0.0.1:${port}/workflows/x/triggers/request/paths/invoke?${SIGNATURE}`;
  });

  beforeEach(() => {
    status = 200;
    received = [];
  });

  after(() => {
    server.closeAllConnections();
    server.close();
  });

  function send(timeoutMs = 5_000, to = url): Promise<void> {
    const transport = openLogicApp(
      { kind: 'logic-app', url: to },
      {
        from: 'meters@example.com',
        timeoutMs,
        nowMs: () => 0,
        render: (mail) => renderMail(mail, { acknowledge: () => null, dashboardUrl: null }),
      },
    );
    return transport.send(sampleMail('update', { number: 2 }));
  }

  async function refusal(sending: Promise<void>): Promise<TransportError> {
    return sending.then(
      () => assert.fail('the mail was taken'),
      (error: unknown) => {
        assert.ok(error instanceof TransportError, String(error));
        return error;
      },
    );
  }

  it('sends what the contract says, pictures included', async () => {
    await send();

    const [{ body, tracking } = { body: undefined, tracking: undefined }] = received;
    const mail = LogicAppRequest.parse(body);
    const { messageId, inReplyTo } = sampleMail('update', { number: 2 });
    assert.deepEqual([mail.messageId, mail.inReplyTo], [messageId, inReplyTo]);
    assert.deepEqual(mail.to, ['operator@example.com']);
    assert.ok(mail.headers.some(({ name }) => name === 'X-Incident'));
    assert.equal(mail.attachments.length, 2);
    for (const { contentId, contentBytes } of mail.attachments) {
      assert.ok(mail.html.includes(`cid:${contentId}`));
      assert.equal(Buffer.from(contentBytes, 'base64').subarray(1, 4).toString(), 'PNG');
    }
    assert.equal(`<${String(tracking)}>`, messageId);
  });

  it('has the same contract as the workflow, which refuses everything else', () => {
    const { $schema: _draft, ...expected } = z.toJSONSchema(LogicAppRequest, { target: 'draft-4' });

    assert.deepEqual(workflow.definition.triggers.request.inputs.schema, expected);
  });

  it('is answered by the workflow whatever becomes of the mail', () => {
    const { actions } = workflow.definition;
    const answersAfter = Object.values(actions).flatMap(({ type, runAfter }) =>
      type === 'Response' ? (runAfter['Send'] ?? []) : [],
    );

    assert.deepEqual(answersAfter.toSorted(), ['Failed', 'Skipped', 'Succeeded', 'TimedOut']);
    for (const { runAfter } of Object.values(actions)) {
      for (const name of Object.keys(runAfter)) assert.ok(name in actions, name);
    }
  });

  it('lets wait what the workflow could not send, and gives up what it refuses', async () => {
    const scopes: Record<number, string> = {};
    for (const code of [502, 500, 429, 408, 401, 404, 400, 413]) {
      status = code;
      scopes[code] = (await refusal(send())).scope;
    }

    assert.deepEqual(scopes, {
      400: 'refused',
      401: 'server',
      404: 'server',
      408: 'mail',
      413: 'refused',
      429: 'mail',
      500: 'server',
      502: 'server',
    });
  });

  it('waits no longer than it may', async () => {
    status = 0;

    assert.match((await refusal(send(300))).message, /no answer within 0\.3 s/);
  });

  it('has the address, which is a key, in no error', async () => {
    status = 500;
    const gone = url.replace(/:\d+\//, ':1/');
    for (const error of [await refusal(send()), await refusal(send(5_000, gone))]) {
      const shown = JSON.stringify([error, error.message, error.stack, String(error.cause)]);
      assert.ok(!shown.includes('very-secret'), shown);
    }
  });
});
