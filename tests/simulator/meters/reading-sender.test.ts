import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initialGeneratorState } from '../../../modules/meter-simulator/src/core/reading-generator.ts';
import { Journal } from '../../../simulator/meters/journal.ts';
import {
  ReadingSender,
  type TelemetryConnection,
  type TelemetryMessage,
} from '../../../simulator/meters/reading-sender.ts';
import { eventually } from '../../support/eventually.ts';

const FIRST_SEQ = 1_000;
const ID = 'Meter01';

/** A connection whose acknowledgements the test gives by hand. */
class HandConnection implements TelemetryConnection {
  readonly sent: TelemetryMessage[] = [];
  readonly #open: { resolve: () => void; reject: (error: Error) => void }[] = [];

  send(message: TelemetryMessage): Promise<void> {
    this.sent.push(message);
    return new Promise((resolve, reject) => this.#open.push({ resolve, reject }));
  }

  acknowledge(count: number): void {
    for (const { resolve } of this.#open.splice(0, count)) resolve();
  }

  lose(): void {
    for (const { reject } of this.#open.splice(0)) reject(new Error('lost'));
  }
}

describe('reading sender', () => {
  let folder: string;
  let journal: Journal;
  let acknowledged: number;
  let sender: ReadingSender;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sender-'));
    journal = new Journal(join(folder, 'journal.db'));
    journal.install({ id: ID, connection: 'gateway' }, FIRST_SEQ, 1);
    acknowledged = 0;
    sender = new ReadingSender({
      meterId: ID,
      journal,
      onAcknowledged: (count) => (acknowledged += count),
      onFault: (error) => assert.fail(String(error)),
    });
  });

  afterEach(() => {
    sender.detach();
    journal.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function append(count: number): void {
    const readings = Array.from({ length: count }, (_, index) => ({
      atMs: index * 10_000,
      tempF: 70,
      injected: null,
    }));
    const generator = initialGeneratorState({ id: ID, seed: 1 });
    journal.append([{ meterId: ID, readings, generator }]);
    sender.wake();
  }

  function ids({ sent }: HandConnection): string[] {
    return sent.map(({ messageId }) => messageId);
  }

  it('sends a single reading as an object named after its seq', () => {
    const connection = new HandConnection();
    sender.attach(connection);
    append(1);
    assert.deepEqual(ids(connection), ['reading/Meter01/1000']);
    assert.deepEqual(JSON.parse(connection.sent[0]?.body ?? ''), {
      id: ID,
      time: '1970-01-01T00:00:00.000Z',
      temp: 70,
      seq: FIRST_SEQ,
    });
  });

  it('sends a backlog as arrays of at most a hundred, in order, many in flight', () => {
    append(250);
    const connection = new HandConnection();
    sender.attach(connection);
    assert.deepEqual(ids(connection), [
      'telemetry/Meter01/1000-1099',
      'telemetry/Meter01/1100-1199',
      'telemetry/Meter01/1200-1249',
    ]);
  });

  it('keeps at most sixteen messages in flight', async () => {
    append(2_000);
    const connection = new HandConnection();
    sender.attach(connection);
    assert.equal(connection.sent.length, 16);
    connection.acknowledge(2);
    await eventually(() => assert.equal(connection.sent.length, 18));
    assert.equal(acknowledged, 200);
  });

  it('begins a new connection with the oldest reading that was not acknowledged', async () => {
    append(300);
    const first = new HandConnection();
    sender.attach(first);
    first.acknowledge(1);
    await eventually(() => assert.equal(acknowledged, 100));
    sender.detach();
    first.lose();
    const second = new HandConnection();
    sender.attach(second);
    assert.deepEqual(ids(second), ids(first).slice(1));
  });

  it('counts an acknowledgement that comes from an old connection, but sends nothing on it', async () => {
    append(300);
    const first = new HandConnection();
    sender.attach(first);
    sender.detach();
    first.acknowledge(1);
    await eventually(() => assert.equal(acknowledged, 100));
    assert.equal(first.sent.length, 3);
  });

  it('sends nothing without a connection', () => {
    append(3);
    sender.detach();
    append(1);
    assert.equal(journal.unacknowledged(ID, -1, 10).length, 4);
  });

  it('sends again what was acknowledged but could not be noted, and loses no room for it', async () => {
    const faults: unknown[] = [];
    let failures = 20;
    const flaky = new Proxy(journal, {
      get: (target, name) => {
        if (name === 'acknowledge' && failures > 0) {
          return () => {
            failures -= 1;
            return Promise.reject(new Error('the disk is full'));
          };
        }
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    sender = new ReadingSender({
      meterId: ID,
      journal: flaky,
      onAcknowledged: (count) => (acknowledged += count),
      onFault: (error) => faults.push(error),
    });
    const connection = new HandConnection();
    append(1);
    sender.attach(connection);

    // More often than there is room for messages on their way.
    for (let count = 1; count <= 20; count += 1) {
      connection.acknowledge(1);
      await eventually(() => assert.equal(faults.length, count));
      sender.wake();
    }
    connection.acknowledge(1);

    await eventually(() => assert.equal(acknowledged, 1));
  });
});
