import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { openTransport } from '../../../../cloud/function/src/mail-services.ts';
import { parseAppSettings } from '../../../../cloud/function/src/env.ts';
import { TransportError, type Transport } from '../../../../cloud/function/src/transport.ts';
import {
  startCommunicationService,
  type CommunicationService,
} from '../../../support/communication-services.ts';
import { sampleMail } from '../sample-mail.ts';

const KEY = randomBytes(32);

describe('transport Communication Services', function () {
  this.timeout(20_000);
  let service: CommunicationService;
  let transport: Transport;

  beforeEach(async () => {
    service = await startCommunicationService(KEY);
    transport = open(service.connectionString);
  });

  afterEach(async () => {
    transport.close();
    await service.stop();
  });

  function open(connection: string, timeoutSeconds = 10): Transport {
    const { mail } = parseAppSettings({
      INCIDENTS_STORAGE: 'UseDevelopmentStorage=true',
      MAIL_TRANSPORT: 'communication-services',
      COMMUNICATION_CONNECTION_STRING: connection,
      MAIL_FROM: 'Smart meters <meters@example.com>',
      MAIL_TO: 'operator@example.com',
      MAIL_TIMEOUT_SECONDS: String(timeoutSeconds),
      ACKNOWLEDGE_KEY: 'k'.repeat(32),
      FUNCTION_URL: 'https://app.example.com',
    });
    return openTransport(mail, () => Date.now());
  }

  async function scopeOf(sending: Promise<void>): Promise<string> {
    return sending.then(
      () => 'taken',
      (error: unknown) => {
        assert.ok(error instanceof TransportError, String(error));
        assert.ok(!error.message.includes(KEY.toString('base64')));
        return error.scope;
      },
    );
  }

  it('hands over bodies, pictures, thread and headers', async () => {
    await transport.send(sampleMail('update', { number: 2 }));

    const [mail] = service.taken;
    const { messageId, inReplyTo, references } = sampleMail('update', { number: 2 });
    assert.equal(mail?.senderAddress, 'meters@example.com');
    assert.deepEqual(mail.recipients, { to: [{ address: 'operator@example.com' }] });
    assert.equal(mail.headers['Message-ID'], messageId);
    assert.equal(mail.headers['In-Reply-To'], inReplyTo);
    assert.equal(mail.headers['References'], references.join(' '));
    assert.equal(mail.headers['X-Incident'], sampleMail().incident);
    assert.match(mail.content.html ?? '', /Acknowledge/);
    assert.match(mail.content.plainText ?? '', /app\.example\.com\/api\/acknowledge\?/);
    assert.equal(mail.attachments.length, 2);
    for (const { contentId } of mail.attachments) {
      assert.ok(mail.content.html?.includes(`cid:${contentId}`));
    }
  });

  it('sends one mail when the answer is lost, and when the same mail is sent again', async () => {
    service.mood.losesAnswer = true;
    await transport.send(sampleMail());
    await transport.send(sampleMail());
    service.mood.forgetsRequests = true;
    await open(service.connectionString).send(sampleMail());

    assert.equal(service.taken.length, 1);
    assert.ok(service.requests.filter((request) => request.startsWith('POST')).length >= 3);
  });

  it('is refused for good what the service drops, and lets wait what it cannot take now', async () => {
    service.mood.outcome = 'Failed';
    assert.equal(await scopeOf(transport.send(sampleMail())), 'refused');
    service.mood.outcome = 'Succeeded';
    service.mood.refuseWith = 400;
    assert.equal(await scopeOf(transport.send(sampleMail('update', { number: 2 }))), 'refused');
    service.mood.refuseWith = 503;
    assert.equal(await scopeOf(transport.send(sampleMail('update', { number: 3 }))), 'server');
    service.mood.refuseWith = 401;
    assert.equal(await scopeOf(transport.send(sampleMail('update', { number: 4 }))), 'server');
    await service.stop();
    assert.equal(await scopeOf(transport.send(sampleMail('update', { number: 5 }))), 'server');
  });

  it('has handed over what the service has accepted, whatever it says later', async () => {
    service.mood.outcome = 'Running';
    const hasty = open(service.connectionString, 3);

    assert.equal(await scopeOf(hasty.send(sampleMail())), 'taken');
    assert.equal(service.taken.length, 1);
  });

  it('is told when the key is wrong', async () => {
    const other = service.connectionString.replace(KEY.toString('base64'), 'd3Jvbmc=');

    assert.equal(await scopeOf(open(other).send(sampleMail())), 'server');
  });
});
