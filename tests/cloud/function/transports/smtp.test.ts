import assert from 'node:assert/strict';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Mailbox } from '../../../../simulator/azure/mailbox/mailbox.ts';
import { renderMail, type RenderedMail } from '../../../../cloud/function/src/render-mail.ts';
import { TransportError, type Transport } from '../../../../cloud/function/src/transport.ts';
import { openSmtp } from '../../../../cloud/function/src/transports/smtp.ts';
import { testSettings, type TestSettings } from '../../../support/settings.ts';
import { sampleMail } from '../sample-mail.ts';
import { openMailbox } from '../support.ts';

const LINKS = { acknowledge: () => null, dashboardUrl: null };

describe('transport SMTP', function () {
  this.timeout(20_000);
  /** What the line to the mailbox does with a new connection. */
  let line: 'open' | 'silent' | 'closed' = 'open';
  let local: TestSettings;
  let mailbox: Mailbox;
  let front: Server;
  /** Drawn once: drawing would delay the line as well. */
  let rendered: RenderedMail;
  const sockets = new Set<Socket>();

  before(async () => {
    local = await testSettings();
    rendered = await renderMail(sampleMail(), LINKS);
    mailbox = await openMailbox(local.settings);
    front = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined));
      if (line === 'closed') socket.end();
      if (line !== 'open') return;
      const through = connect(local.settings.ports.smtp, '127.0.0.1', () => {
        socket.pipe(through).pipe(socket);
      });
      sockets.add(through.on('error', () => undefined));
    });
    await new Promise<void>((resolve) => {
      front.listen(0, '127.0.0.1', resolve);
    });
  });

  beforeEach(async () => {
    for (const { id } of mailbox.list()) await mailbox.remove(id);
  });

  after(async () => {
    for (const socket of sockets) socket.destroy();
    front.close();
    await mailbox.stop();
    await local.cleanup();
  });

  function open(timeoutMs: number): Transport {
    const { port } = front.address() as AddressInfo;
    return openSmtp(
      { kind: 'smtp', host: '127.0.0.1', port, tls: 'none', login: null },
      {
        from: 'Smart meters <meters@example.com>',
        timeoutMs,
        render: () => Promise.resolve(rendered),
        nowMs: () => Date.now(),
      },
    );
  }

  const sent = (): number[] =>
    mailbox
      .list()
      .map(({ copies }) => copies)
      .toSorted((a, b) => a - b);

  async function scopeOf(sending: Promise<void>): Promise<string> {
    const error = await sending.then(
      () => assert.fail('it was taken'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof TransportError);
    return `${error.scope}: ${error.message}`;
  }

  it('keeps no copy of a mail whose connection was closed: it goes out once, when tried again', async () => {
    const transport = open(5_000);
    line = 'closed';
    assert.match(await scopeOf(transport.send(sampleMail())), /^server: .*did not take the mail/);
    line = 'open';
    await transport.send(sampleMail());
    transport.close();

    assert.deepEqual(sent(), [1]);
  });

  it('keeps no mail that was not taken in time, nor those that waited behind it', async () => {
    const transport = open(3_000);
    line = 'silent';
    const mails = Array.from({ length: 6 }, (_, number) =>
      sampleMail('update', { number: number + 2 }),
    );
    const scopes = await Promise.all(mails.map((mail) => scopeOf(transport.send(mail))));
    assert.ok(scopes.some((scope) => scope === 'server: no answer within 3 s'));
    line = 'open';
    for (const mail of mails) await transport.send(mail);
    transport.close();

    assert.deepEqual(sent(), [1, 1, 1, 1, 1, 1]);
  });
});
