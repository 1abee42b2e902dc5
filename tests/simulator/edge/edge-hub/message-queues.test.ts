import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  MessageQueues,
  type HubMessage,
  type QueuedMessage,
} from '../../../../simulator/edge/edge-hub/queues/message-queues.ts';
import { QUEUE_SCHEMA } from '../../../../simulator/edge/edge-hub/queues/queue-schema.ts';
import { openDatabase, type Database } from '../../../../simulator/wire/database.ts';

const WRITER = fileURLToPath(new URL('../support/queue-writer.ts', import.meta.url));

function message(text: string): HubMessage {
  return {
    properties: { kind: 'telemetry' },
    systemProperties: { messageId: text },
    body: Buffer.from(text),
  };
}

function to(endpoint: string, priority = 1, timeToLiveSeconds?: number) {
  return { endpoint, priority, timeToLiveSeconds };
}

function texts(messages: readonly QueuedMessage[]): string[] {
  return messages.map(({ body }) => body.toString());
}

describe('message queues', () => {
  let folder: string;
  let database: Database;
  let queues: MessageQueues;
  let nowMs: number;

  function open(): void {
    database = openDatabase(join(folder, 'edge-hub.db'), [QUEUE_SCHEMA]);
    queues = new MessageQueues(database, () => nowMs);
  }

  function reopen(): void {
    database.close();
    open();
  }

  function storedMessages(): unknown {
    return database.prepare('SELECT count(*) FROM messages').pluck().get();
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'queues-'));
    nowMs = 1_000_000;
    open();
  });

  afterEach(() => {
    database.close();
    rmSync(folder, { recursive: true });
  });

  it('acknowledges a message only when it is committed to every queue it goes to', async () => {
    const other = openDatabase(join(folder, 'edge-hub.db'), [QUEUE_SCHEMA]);
    const rows = other.prepare('SELECT count(*) FROM queues').pluck();
    const appended = queues.append(message('1'), [to('a'), to('b')]);
    assert.equal(rows.get(), 0);

    await appended;

    assert.equal(rows.get(), 2);
    other.close();
  });

  it('keeps the order of one endpoint and priority, and takes lower priority numbers first', async () => {
    await Promise.all([
      queues.append(message('late 1'), [to('up', 2)]),
      queues.append(message('late 2'), [to('up', 2)]),
      queues.append(message('soon 1'), [to('up', 0)]),
      queues.append(message('soon 2'), [to('up', 0)]),
    ]);

    assert.deepEqual(texts(queues.take('up', 3)), ['soon 1', 'soon 2', 'late 1']);
    assert.deepEqual(texts(queues.take('up', 3)), ['late 2']);
  });

  it('hands a message out once, until it is rewound, then marks it as redelivered', async () => {
    await queues.append(message('1'), [to('a')]);
    const [first] = queues.take('a', 9);
    assert.equal(first?.redelivered, false);
    assert.deepEqual(queues.take('a', 9), []);

    queues.rewind('a');

    const [second] = queues.take('a', 9);
    assert.equal(second?.redelivered, true);
    assert.equal(second.id, first.id);
  });

  it('does not hand out again what is acknowledged but whose removal is not yet committed', async () => {
    await queues.append(message('1'), [to('a')]);
    await queues.append(message('2'), [to('a')]);
    const [first] = queues.take('a', 1);
    assert.ok(first);
    const removed = queues.acknowledge(first);

    queues.rewind('a');

    assert.deepEqual(texts(queues.take('a', 1)), ['2']);
    await removed;
  });

  it('hands out one at a time, in order, also what is appended and acknowledged meanwhile', async () => {
    const numbers = Array.from({ length: 40 }, (_, index) => String(index));
    for (const number of numbers.slice(0, 20)) await queues.append(message(number), [to('a')]);
    const taken: QueuedMessage[] = [];
    for (const number of numbers) {
      if (Number(number) >= 20) await queues.append(message(number), [to('a')]);
      taken.push(...queues.take('a', 1));
      if (Number(number) % 2 === 0)
        await queues.acknowledge(taken[Number(number)] ?? assert.fail());
    }

    assert.deepEqual(texts(taken), numbers);
    queues.rewind('a');
    const odd = numbers.filter((number) => Number(number) % 2 === 1);
    assert.deepEqual([...texts(queues.take('a', 1)), ...texts(queues.take('a', 99))], odd);
  });

  it('hands nothing out that was acknowledged after it was read again', async () => {
    for (const text of ['1', '2', '3']) await queues.append(message(text), [to('a')]);
    const [, second] = queues.take('a', 3);
    queues.rewind('a');
    assert.deepEqual(texts(queues.take('a', 1)), ['1']);

    await queues.acknowledge(second ?? assert.fail());

    assert.deepEqual(texts(queues.take('a', 3)), ['3']);
  });

  it('drops a message whose time to live ended after it was read', async () => {
    await queues.append(message('1'), [to('a')]);
    await queues.append(message('short'), [to('a', 1, 10)]);
    await queues.append(message('3'), [to('a')]);
    assert.deepEqual(texts(queues.take('a', 1)), ['1']);
    nowMs += 10_000;

    assert.deepEqual(texts(queues.take('a', 9)), ['3']);
    assert.equal(queues.expired, 1);
  });

  it('keeps a message for the other endpoint until that one has it too', async () => {
    await queues.append(message('1'), [to('a'), to('b')]);
    const [forA] = queues.take('a', 1);
    assert.ok(forA);

    await queues.acknowledge(forA);

    assert.equal(storedMessages(), 1);
    const [forB] = queues.take('b', 1);
    assert.ok(forB);
    await queues.acknowledge(forB);
    assert.equal(storedMessages(), 0);
    assert.deepEqual(
      queues.lengths().map(({ queued }) => queued),
      [0, 0],
    );
  });

  it('has the same messages, bodies and properties after a restart', async () => {
    await queues.append(message('1'), [to('a', 0), to('b', 7)]);
    await queues.append(message('2'), [to('a', 0)]);

    reopen();

    assert.deepEqual(queues.lengths(), [
      { endpoint: 'a', priority: 0, queued: 2 },
      { endpoint: 'b', priority: 7, queued: 1 },
    ]);
    const [first] = queues.take('a', 9);
    assert.deepEqual(first?.properties, { kind: 'telemetry' });
    assert.deepEqual(first.systemProperties, { messageId: '1' });
    assert.equal(first.body.toString(), '1');
  });

  it('puts messages after those of the run before', async () => {
    await queues.append(message('1'), [to('a')]);
    reopen();
    await queues.append(message('2'), [to('a')]);

    assert.deepEqual(texts(queues.take('a', 9)), ['1', '2']);
  });

  it('drops and counts a message whose time to live is over', async () => {
    await queues.append(message('short'), [to('a', 1, 10)]);
    await queues.append(message('long'), [to('a', 1, 11)]);
    nowMs += 10_000;

    assert.deepEqual(texts(queues.take('a', 9)), ['long']);
    assert.equal(queues.expired, 1);
  });

  it('keeps nothing of a message without destination', async () => {
    await queues.append(message('1'), []);

    assert.equal(storedMessages(), 0);
  });

  it('refuses a message when the disk refuses it', async () => {
    database.exec('DROP TABLE queues');

    await assert.rejects(queues.append(message('1'), [to('a')]), /no such table/);
    assert.deepEqual(queues.lengths(), []);
  });

  it('loses nothing that was acknowledged, in any queue, when killed under load', async function () {
    this.timeout(20_000);
    const path = join(folder, 'killed.db');
    const child = spawn(process.execPath, ['--import=tsx', WRITER, path, '0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    const appended: number[] = [];
    const receivedByA = new Set<number>();
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith('+')) appended.push(Number(line.slice(1)));
      else receivedByA.add(Number(line.slice(1)));
      if (appended.length === 2000) child.kill('SIGKILL');
    }
    await ended;

    const killed = openDatabase(path, [QUEUE_SCHEMA]);
    const left = new MessageQueues(killed, Date.now);
    const inA = texts(left.take('a', 1_000_000)).map(Number);
    const inB = texts(left.take('b', 1_000_000)).map(Number);
    killed.close();

    assert.ok(receivedByA.size > 100);
    assert.deepEqual(
      appended.filter((number) => !inB.includes(number)),
      [],
    );
    const forA = new Set([...inA, ...receivedByA]);
    assert.deepEqual(
      appended.filter((number) => !forA.has(number)),
      [],
    );
    assert.deepEqual(
      inB,
      inB.toSorted((x, y) => x - y),
    );
  });
});
