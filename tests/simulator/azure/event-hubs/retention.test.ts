import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEventLog, type EventLog } from '../../../../simulator/azure/event-hubs/event-log.ts';
import { textEvent } from '../../../support/events.ts';

const HUBS = [{ name: 'one', partitionCount: 2, consumerGroups: ['$Default'] }];
const NOON_MS = Date.UTC(2026, 10, 22, 12);

describe('retention', function () {
  this.timeout(20_000);
  const retentionMs = 10_000;
  let folder: string;
  let nowMs: number;
  let log: EventLog;
  const open = () =>
    openEventLog(join(folder, 'event-hubs.db'), HUBS, { retentionMs, now: () => nowMs });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'event-log-'));
    nowMs = NOON_MS;
    log = open();
  });

  afterEach(async () => {
    await log.close();
    await rm(folder, { recursive: true });
  });

  const appendAt = async (atMs: number, count: number) => {
    nowMs = atMs;
    const events = Array.from({ length: count }, () => textEvent(String(atMs)));
    await log.append('one', { partitionId: '0' }, events);
  };

  it('trims what is older and counts on after it', async () => {
    await appendAt(NOON_MS, 2_500);
    await appendAt(NOON_MS + 5_000, 3);
    nowMs = NOON_MS + retentionMs + 1;
    await log.trim();

    const { beginSequenceNumber, lastSequenceNumber } = log.partition('one', '0');
    assert.deepEqual([beginSequenceNumber, lastSequenceNumber], [2_500, 2_502]);
    assert.equal(log.read('one', '0', -1, 10)[0]?.sequenceNumber, 2_500);
  });

  it('goes on counting when everything was trimmed, also across a restart', async () => {
    await appendAt(NOON_MS, 3);
    nowMs = NOON_MS + 2 * retentionMs;
    await log.trim();
    await log.close();
    log = open();
    await appendAt(nowMs, 1);

    assert.deepEqual(
      log.read('one', '0', -1, 10).map(({ sequenceNumber }) => sequenceNumber),
      [3],
    );
  });

  it('finds the first event after an instant', async () => {
    await appendAt(NOON_MS, 10);
    await appendAt(NOON_MS + 1_000, 10);
    await appendAt(NOON_MS + 2_000, 10);

    const found = [-1, 0, 999, 1_000, 1_999, 2_000].map((delayMs) =>
      log.firstSequenceNumberAfter('one', '0', NOON_MS + delayMs),
    );
    assert.deepEqual(found, [0, 10, 10, 20, 20, 30]);
  });

  it('never lets enqueued times go back with the clock', async () => {
    await appendAt(NOON_MS, 1);
    await appendAt(NOON_MS - 60_000, 1);

    assert.deepEqual(
      log.read('one', '0', -1, 10).map(({ enqueuedMs }) => enqueuedMs),
      [NOON_MS, NOON_MS],
    );
  });
});
