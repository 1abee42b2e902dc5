/** A database as a module leaves it after an outage, for the tests of the tool. */
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { storeAndForward } from '../../../../modules/store-and-forward/src/store-and-forward.ts';
import { runTool } from '../../../../modules/store-and-forward/src/tool/run-tool.ts';
import { FakeModule } from '../../../support/fake-module.ts';

export const BASE_MS = Date.parse('2026-06-01T00:00:00Z');
/** Readings that the module took in. */
export const READINGS = 10_000;

export type StoreModule = FakeModule<typeof storeAndForward.schema.shape>;

function reading(seq: number) {
  const time = new Date(BASE_MS + seq * 1_000).toISOString();
  return { id: `Meter0${seq % 5}`, time, temp: 70 + (seq % 40) / 10, seq };
}

function average(seq: number) {
  const windowStart = new Date(BASE_MS + seq * 300_000).toISOString();
  const windowEnd = new Date(BASE_MS + (seq + 1) * 300_000).toISOString();
  const values = { average: 70, minimum: 69, maximum: 71, count: 30, revision: 0 };
  return { id: 'Meter00', windowStart, windowEnd, ...values };
}

const ANOMALY = {
  id: 'Meter01',
  time: '2026-06-01T00:10:00Z',
  seq: 600,
  temp: 95,
  direction: 'spike',
  score: 1e-9,
  confidence: 99.99,
  historySize: 120,
  usual: 70.2,
  recent: [['2026-06-01T00:10:00Z', 95]],
};

/** A module that has taken in all kinds, of which none could be sent. */
export async function filledModule(readings = READINGS): Promise<StoreModule> {
  const module = new FakeModule(storeAndForward);
  module.client.fails = true;
  // Small messages, so that few readings fill the outbox and the rest goes into blocks.
  module.client.connect({ maxMessageBytes: 8_192 });
  for (let first = 0; first < readings; first += 1_000) {
    const batch = Array.from({ length: 1_000 }, (_, index) => reading(first + index));
    await module.client.deliver('telemetry', batch);
  }
  for (let seq = 0; seq < 10; seq += 1) {
    await module.client.deliver('averages', average(seq), { messageId: `average/Meter00/${seq}` });
  }
  await module.client.deliver('anomalies', ANOMALY, { messageId: 'anomaly/Meter01/600' });
  await module.client.deliver('telemetry', 'no JSON');
  return module;
}

/** What a command said, and its exit code. */
export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the tool in this process. */
export async function tool(stateFolder: string, ...words: string[]): Promise<Said> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const said = Promise.all([text(stdout), text(stderr)]);
  const world = { stdout, stderr, stateFolder, isColoured: false };
  const code = await runTool(words, { ...world, nowMs: () => BASE_MS + 86_400_000 });
  stdout.end();
  stderr.end();
  const [out, err] = await said;
  return { code, stdout: out, stderr: err };
}
