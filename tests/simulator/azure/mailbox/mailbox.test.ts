import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { MailStore } from '../../../../simulator/azure/mailbox/mail-store.ts';
import { startMailbox, type Mailbox } from '../../../../simulator/azure/mailbox/mailbox.ts';
import { createLogger } from '../../../../simulator/wire/logger.ts';
import { testSettings, type TestSettings } from '../../../support/settings.ts';

const log = createLogger('mailbox', 'silent');

describe('mailbox', function () {
  this.timeout(20_000);
  let local: TestSettings;
  let mailbox: Mailbox;

  beforeEach(async () => {
    local = await testSettings();
    mailbox = await startMailbox({ settings: local.settings, log });
  });

  afterEach(async () => {
    await mailbox.stop();
    await local.cleanup();
  });

  async function send(mail: object): Promise<void> {
    const transport = createTransport({ host: '127.0.0.1', port: local.settings.ports.smtp });
    await transport.sendMail({ from: 'meters@example.com', to: 'operator@example.com', ...mail });
    transport.close();
  }

  async function restart(): Promise<void> {
    await mailbox.stop();
    mailbox = await startMailbox({ settings: local.settings, log });
  }

  it('shows a mail with its bodies, subject and incident', async () => {
    await send({
      subject: 'Spike at Zähler 7',
      text: 'plain °F',
      html: '<b>rich</b>',
      headers: { 'X-Incident': 'Meter07/2026-11-22T18:05:00.000Z' },
    });

    const [summary] = mailbox.list();
    assert.equal(summary?.subject, 'Spike at Zähler 7');
    assert.equal(summary?.incident, 'Meter07/2026-11-22T18:05:00.000Z');
    assert.equal(summary?.to, 'operator@example.com');
    assert.equal(summary?.preview, 'plain °F');
    assert.equal(summary?.copies, 1);
    const content = await mailbox.read(summary?.id ?? '');
    assert.equal(content?.text.trim(), 'plain °F');
    assert.equal(content?.html, '<b>rich</b>');
    assert.ok(content?.headers.some(({ name }) => name === 'message-id'));
  });

  it('folds mails with the same Message-ID into one with several copies', async () => {
    await send({ messageId: '<a@test>', subject: 'first' });
    await send({ messageId: '<a@test>', subject: 'second' });
    await send({ messageId: '<b@test>', subject: 'other' });

    const folded = mailbox.list().map(({ subject, copies }) => `${subject} ${copies}`);
    assert.deepEqual(folded.toSorted(), ['first 2', 'other 1']);
  });

  it('keeps mails, copies and order across a restart', async () => {
    await send({ messageId: '<a@test>', subject: 'first' });
    await send({ messageId: '<b@test>', subject: 'second' });
    await send({ messageId: '<a@test>', subject: 'first again' });
    const before = mailbox.list();
    await restart();

    assert.deepEqual(mailbox.list(), before);
  });

  it('has a mail on disk when the server has answered 250', async () => {
    await send({ messageId: '<a@test>' });

    const files = await readdir(join(local.settings.stateFolder, 'mailbox'));
    assert.equal(files.filter((name) => name.endsWith('.eml')).length, 1);
    assert.equal(files.length, 1);
  });

  it('shows the pictures that came with a mail in place', async () => {
    const attachments = [{ cid: 'one@test', filename: 'a.png', content: Buffer.from([1, 2, 3]) }];
    await send({ html: '<img src="cid:one@test">', attachments });

    const content = await mailbox.read(mailbox.list()[0]?.id ?? '');
    assert.equal(content?.html, '<img src="data:image/png;base64,AQID">');
  });

  it('removes at its start what a kill left unfinished, and nothing else', async () => {
    const folder = join(local.settings.stateFolder, 'mailbox');
    await send({ messageId: '<a@test>' });
    await writeFile(join(folder, 'half.unfinished'), 'half');
    await restart();

    const files = await readdir(folder);
    assert.equal(files.length, 1);
    assert.match(files[0] ?? '', /\.eml$/);
  });

  it('forgets the oldest mails when there are too many', async () => {
    const folder = join(local.settings.stateFolder, 'few');
    const store = new MailStore(folder, { maxMails: 3 });
    await store.load();
    for (const number of [1, 2, 3, 4, 5]) {
      await store.add(
        Buffer.from(`Message-ID: <${number}@test>\r\nSubject: ${number}\r\n\r\n`),
        number,
      );
    }

    const kept = (mails: MailStore): string[] => mails.list().map(({ subject }) => subject);
    assert.deepEqual(kept(store), ['5', '4', '3']);
    assert.equal((await readdir(folder)).length, 3);
    const smaller = new MailStore(folder, { maxMails: 2 });
    await smaller.load();
    assert.deepEqual(kept(smaller), ['5', '4']);
  });

  it('gives the bytes of a mail as they came', async () => {
    await send({ messageId: '<a@test>', raw: 'Subject: as is\r\nX-Own: 1\r\n\r\nbody\r\n' });

    const raw = await mailbox.raw(mailbox.list()[0]?.id ?? '');
    assert.equal(raw?.toString(), 'Subject: as is\r\nX-Own: 1\r\n\r\nbody\r\n');
  });

  it('removes a mail for good', async () => {
    await send({ messageId: '<a@test>' });
    await send({ messageId: '<a@test>' });
    const id = mailbox.list()[0]?.id ?? '';

    assert.equal(await mailbox.remove(id), true);
    assert.equal(await mailbox.remove(id), false);
    await restart();
    assert.deepEqual(mailbox.list(), []);
  });

  it('knows only ids of its own', async () => {
    assert.equal(await mailbox.read('../../etc/passwd'), undefined);
    assert.equal(await mailbox.raw('../settings'), undefined);
    assert.equal(await mailbox.remove('../settings'), false);
  });

  it('refuses a mail that is too large and keeps nothing of it', async () => {
    await assert.rejects(send({ text: 'x'.repeat(1_500_000) }), /552/);
    assert.deepEqual(mailbox.list(), []);
  });

  it('forgets a mail whose connection ended before its end', async () => {
    const socket = connect(local.settings.ports.smtp, '127.0.0.1');
    socket.setEncoding('utf8');
    const say = async (line: string): Promise<void> => {
      const answered = once(socket, 'data');
      socket.write(`${line}\r\n`);
      await answered;
    };
    await once(socket, 'data');
    await say('HELO test');
    await say('MAIL FROM:<a@test>');
    await say('RCPT TO:<b@test>');
    await say('DATA');
    socket.write('Subject: half\r\n\r\nhalf of a body');
    socket.destroy();
    await send({ subject: 'whole' });

    assert.deepEqual(
      mailbox.list().map(({ subject }) => subject),
      ['whole'],
    );
  });

  it('says which port is taken', async () => {
    const other = startMailbox({ settings: local.settings, log });
    await assert.rejects(other, new RegExp(`port ${local.settings.ports.smtp}`));
  });
});
