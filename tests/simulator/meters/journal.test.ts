import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initialGeneratorState } from '../../../modules/meter-simulator/src/core/reading-generator.ts';
import { Journal, type NewReading } from '../../../simulator/meters/journal.ts';

const INSTALLED_MS = Date.UTC(2026, 10, 22, 18);
const METER = { id: 'Meter01', connection: 'gateway' } as const;
const GENERATOR = initialGeneratorState({ id: METER.id, seed: 1 });

function readings(count: number): NewReading[] {
  return Array.from({ length: count }, (_, index) => ({
    atMs: INSTALLED_MS + index * 10_000,
    tempF: 70 + index,
    injected: null,
  }));
}

describe('meter journal', () => {
  let folder: string;
  let path: string;
  let journal: Journal;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'journal-'));
    path = join(folder, 'meters', 'journal.db');
    journal = new Journal(path);
    journal.install(METER, INSTALLED_MS, 1);
  });

  afterEach(() => {
    journal.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function reopen(): void {
    journal.close();
    journal = new Journal(path);
  }

  function append(count: number, produced = count): void {
    const generator = { ...GENERATOR, produced };
    journal.append([{ meterId: METER.id, readings: readings(count), generator }]);
  }

  it('counts seq up by one from the Unix time of the installation', () => {
    append(2);
    const seqs = journal.unacknowledged(METER.id, -1, 10).map(({ seq }) => seq);
    assert.deepEqual(seqs, [INSTALLED_MS, INSTALLED_MS + 1]);
  });

  it('goes on counting across restarts', () => {
    append(2);
    reopen();
    journal.install(METER, INSTALLED_MS + 5_000, 1);
    append(1, 3);
    const seqs = journal.unacknowledged(METER.id, -1, 10).map(({ seq }) => seq);
    assert.deepEqual(seqs, [INSTALLED_MS, INSTALLED_MS + 1, INSTALLED_MS + 2]);
  });

  it('keeps generator state, switch and pin across restarts', () => {
    append(3);
    journal.setSwitchedOn(METER.id, true);
    journal.setPinnedTemp(METER.id, 66);
    reopen();
    const meter = journal.meter(METER.id);
    assert.equal(meter?.generator.produced, 3);
    assert.equal(meter?.switchedOn, true);
    assert.equal(meter?.pinnedTemp, 66);
    assert.equal(meter?.last?.temp, 72);
  });

  it('finds what was not acknowledged again, in order', async () => {
    append(5);
    assert.equal(await journal.acknowledge(METER.id, INSTALLED_MS + 1, INSTALLED_MS + 2), 2);
    reopen();
    const seqs = journal.unacknowledged(METER.id, -1, 10).map(({ seq }) => seq - INSTALLED_MS);
    assert.deepEqual(seqs, [0, 3, 4]);
    assert.equal(journal.meter(METER.id)?.acknowledged, 2);
  });

  it('counts a repeated acknowledgement once', async () => {
    append(2);
    assert.equal(await journal.acknowledge(METER.id, INSTALLED_MS, INSTALLED_MS + 1), 2);
    assert.equal(await journal.acknowledge(METER.id, INSTALLED_MS, INSTALLED_MS + 1), 0);
  });

  it('commits the readings of several meters together or not at all', () => {
    const unknown = { meterId: 'Meter99', readings: readings(1), generator: GENERATOR };
    const known = { meterId: METER.id, readings: readings(1), generator: GENERATOR };
    assert.throws(() => journal.append([known, unknown]));
    assert.deepEqual(journal.unacknowledged(METER.id, -1, 10), []);
  });

  it('does not know a meter that was never installed', () => {
    assert.equal(journal.meter('Meter99'), undefined);
  });

  it('names the file and the remedy when it is damaged', () => {
    const damaged = join(folder, 'damaged.db');
    writeFileSync(damaged, 'this is not a database, whatever its name says '.repeat(100));
    assert.throws(() => new Journal(damaged), /damaged\.db cannot be used.*--fresh/);
  });
});
