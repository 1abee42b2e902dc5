/** Looks at what a module remembers: repeats, settings, counters, losses, and how much that is. */
import { z } from 'zod';
import { Counters } from '../../../shared/src/counters.ts';
import type { Database } from '../../../shared/src/database.ts';
import { firstProblem } from '../../../shared/src/incoming-readings.ts';
import { KeptValues } from '../../../shared/src/kept-values.ts';
import { StoreAndForwardConfig } from '../config.ts';
import { REPAIR, type Finding } from './finding.ts';
import { filesOf, ownBytes } from './inspection.ts';

const Seen = z.object({ sequences: z.array(z.int()), others: z.array(z.string()) });
const MeterRow = z.object({ id: z.string(), seen: z.string() });
const LossRow = z.object({
  kind: z.string(),
  reason: z.string(),
  id: z.string(),
  loss: z.string(),
});
const Loss = z.looseObject({ fromMs: z.number(), toMs: z.number(), count: z.int().min(1) });

/** Repeats are recognised by ranges of sequence numbers, ascending, and by the latest identities. */
export function* checkMemory(database: Database): Generator<Finding> {
  for (const row of database.prepare('SELECT id, seen FROM meters').iterate()) {
    const { id, seen } = MeterRow.parse(row);
    const parsed = Seen.safeParse(jsonOf(seen));
    const problem = parsed.success
      ? problemOfRanges(parsed.data.sequences)
      : firstProblem(parsed.error);
    if (problem !== undefined) yield { place: `meters ${id}`, problem, remedy: REPAIR };
  }
}

function problemOfRanges(bounds: readonly number[]): string | undefined {
  if (bounds.length % 2 !== 0) return 'a range of sequence numbers has no end';
  const isAscending = bounds.every(
    (bound, index) => index === 0 || bound >= (bounds[index - 1] ?? 0),
  );
  return isAscending ? undefined : 'its ranges of sequence numbers are not ascending';
}

/** What is kept under a name has its form. */
export function* checkSettings(database: Database): Generator<Finding> {
  const kept = new KeptValues(database);
  for (const [name, schema] of Object.entries({
    config: StoreAndForwardConfig,
    counters: Counters,
  })) {
    const value = kept.read(name);
    const { error } = schema.safeParse(value ?? {});
    if (error === undefined) continue;
    yield {
      place: `kept, ${name}`,
      problem: firstProblem(error),
      remedy: name === 'config' ? 'the module takes the twin’s, when it is connected' : REPAIR,
    };
  }
  for (const row of database.prepare('SELECT kind, reason, id, loss FROM losses').iterate()) {
    const { kind, reason, id, loss } = LossRow.parse(row);
    const { error } = Loss.safeParse(jsonOf(loss));
    if (error === undefined) continue;
    const place = `losses ${kind} ${id} (${reason})`;
    yield { place, problem: firstProblem(error), remedy: REPAIR };
  }
}

/** The files keep to the limit, the tables to theirs. */
export function* checkLimits(path: string, database: Database): Generator<Finding> {
  const config = StoreAndForwardConfig.safeParse(new KeptValues(database).read('config') ?? {});
  const bytes = ownBytes(filesOf(path));
  const limit = config.data?.maxDiskBytes;
  if (limit !== undefined && bytes > limit) {
    yield {
      place: path,
      problem: `takes ${bytes} bytes with its log, more than maxDiskBytes (${limit})`,
      remedy: 'none needed after the limit was lowered: the running module shrinks it step by step',
    };
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
