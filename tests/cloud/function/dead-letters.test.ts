import assert from 'node:assert/strict';
import { answerDeadLetters } from '../../../cloud/function/src/answer-dead-letters.ts';
import type { Mail } from '../../../cloud/function/src/core/mail.ts';
import {
  openDeadLetterQueue,
  type DeadLetterQueue,
} from '../../../cloud/function/src/dead-letter-queue.ts';
import { TransportError, type Transport } from '../../../cloud/function/src/transport.ts';
import { storageConnectionString } from '../../../simulator/wire/connection-strings.ts';
import { startAzurite, type Azurite } from '../../support/azurite.ts';
import { testSettings, type TestSettings } from '../../support/settings.ts';
import { sampleMail, tallyOf } from './sample-mail.ts';
import { START_MS } from './support.ts';

describe('dead letters', function () {
  this.timeout(20_000);
  let local: TestSettings;
  let azurite: Azurite;
  let queue: DeadLetterQueue;
  let number = 0;
  let sent: Mail[] = [];
  let refusal: TransportError | undefined;

  let recipients = ['operator@example.com'];
  const settings = { sites: { recipientsOf: () => recipients } };
  const transport: Transport = {
    timeoutMs: 1_000,
    send: async (mail) => {
      if (refusal !== undefined) throw refusal;
      sent.push(mail);
    },
    close: () => undefined,
  };

  before(async () => {
    local = await testSettings();
    azurite = await startAzurite(local.settings);
  });

  beforeEach(async () => {
    number += 1;
    sent = [];
    refusal = undefined;
    recipients = ['operator@example.com'];
    queue = await openDeadLetterQueue(storageConnectionString(local.settings), `dead-${number}`);
  });

  after(async () => {
    await azurite.stop();
    await local.cleanup();
  });

  const put = (mail: Mail): Promise<void> =>
    queue.put({
      mail,
      reason: 'smtp.example.com:587 did not take it',
      attempts: 20,
      atMs: START_MS,
    });

  const open = () =>
    answerDeadLetters(
      { deadLetters: queue, transport, settings },
      { method: 'GET', form: new URLSearchParams() },
    );

  async function press(action: string, id: string | undefined) {
    const form = new URLSearchParams({ action, id: id ?? '' });
    return answerDeadLetters({ deadLetters: queue, transport, settings }, { method: 'POST', form });
  }

  it('are on a page with the reason, and stay there when it is looked at', async () => {
    assert.match((await open()).body, /There are none/);
    await put(sampleMail());
    await put(sampleMail('reminder', { number: 2 }));

    for (const { body } of [await open(), await open()]) {
      assert.equal(body.match(/<article>/g)?.length, 2);
      assert.match(body, /Alert at Riverside/);
      assert.match(body, /smtp\.example\.com:587 did not take it/);
      assert.match(body, /operator@example\.com/);
      assert.match(body, /20 attempts/);
    }
  });

  it('are sent again as they were, the same Message-ID included, and are gone then', async () => {
    await put(sampleMail());
    await put(sampleMail('reminder', { number: 2 }));
    const [first] = await queue.list();

    assert.match((await press('send', first?.id)).body, /The mail was taken/);
    assert.deepEqual(sent, [sampleMail()]);
    assert.deepEqual(
      (await queue.list()).map(({ mail }) => mail.kind),
      ['reminder'],
    );
    assert.match((await press('send', first?.id)).body, /This mail is gone/);
    assert.equal(sent.length, 1);
  });

  it('are sent to whom the settings name now', async () => {
    await put(sampleMail());
    recipients = ['corrected@example.com'];
    const { body } = await open();
    assert.match(body, /corrected@example\.com/);
    assert.doesNotMatch(body, /operator@example\.com/);
    const [letter] = await queue.list();
    await press('send', letter?.id);

    assert.deepEqual(
      sent.map((mail) => mail.recipients),
      [recipients],
    );
  });

  it('stay when they are not taken again', async () => {
    await put(sampleMail());
    const [letter] = await queue.list();
    refusal = new TransportError('still away', 'server');

    const { body } = await press('send', letter?.id);
    assert.match(body, /not taken this time either: still away/);
    assert.match(body, /<article>/);
    assert.equal((await queue.list()).length, 1);
  });

  it('can be removed', async () => {
    await put(sampleMail());
    const [letter] = await queue.list();

    assert.match((await press('remove', letter?.id)).body, /The mail was removed/);
    assert.deepEqual(await queue.list(), []);
    assert.deepEqual(sent, []);
  });

  it('are sent once when two people press at the same moment', async () => {
    await put(sampleMail());
    const [letter] = await queue.list();
    await Promise.all([press('send', letter?.id), press('send', letter?.id)]);

    assert.equal(sent.length, 1);
  });

  it('of the largest mails there can be still fit, and count everything', async () => {
    const recent = Array.from({ length: 24 }, (_, index) => ({
      atMs: START_MS + index,
      temp: 70.123,
    }));
    const news = tallyOf(
      ...Array.from({ length: 500 }, (_, index) => ({
        meterId: `${'測'.repeat(120)}${index % 150}`,
        seq: index,
        recent,
      })),
    );
    await put(sampleMail('first', { news }));

    const [letter] = await queue.list();
    assert.equal(letter?.mail.model.news.count, 500);
    assert.match((await press('send', letter?.id)).body, /The mail was taken/);
  });

  it('show hostile names as text', async () => {
    await put(sampleMail('first', {}, '"><script>alert(1)</script>'));

    assert.doesNotMatch((await open()).body, /<script/);
  });
});
