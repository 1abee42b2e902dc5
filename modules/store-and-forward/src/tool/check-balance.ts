/**
 * Whether the books agree: readings are numbered without gaps, and each is at one place.
 *
 * Invariants: `accepted = forwarded + lost + waiting`; no number is held twice, none is ahead.
 */
import { z } from 'zod';
import type { Database } from '../../../shared/src/database.ts';
import { KeptValues } from '../../../shared/src/kept-values.ts';
import { REPAIR, type Finding } from './finding.ts';
import { snapshot } from './snapshot.ts';
import { numbersOf, waitingRows, type BlockTable } from './store-rows.ts';

/** Numbers that are held at a place, first and last. */
interface Held {
  readonly place: string;
  readonly first: number;
  readonly last: number;
  /** Whether they are counted as lost already. */
  readonly isThinned: boolean;
}

const Progress = z.object({
  nextNumber: z.int(),
  forwarded: z.int(),
  accepted: z.int(),
  lost: z.int().default(0),
});

const BlockRow = z.object({ first: z.int(), readings: z.int(), isThinned: z.int() });

/** Compares all numbers that are held with each other and with the progress. */
export function* checkBalance(database: Database): Generator<Finding> {
  const { progress, held } = snapshot(database, () => ({
    progress: new KeptValues(database).read('telemetry progress'),
    held: [
      ...heldInBlocks(database, 'blocks'),
      ...heldInBlocks(database, 'upload_blocks'),
      ...heldInOutbox(database),
      ...heldUnpacked(database),
    ],
  }));
  yield* overlaps(held);
  if (progress === undefined && held.length === 0) return;
  const { data, error } = Progress.safeParse(progress);
  if (data === undefined) {
    yield { place: 'kept, telemetry progress', problem: error.message, remedy: REPAIR };
    return;
  }
  const { nextNumber, forwarded, accepted, lost } = data;
  const waiting = held
    .filter(({ isThinned }) => !isThinned)
    .reduce((sum, { first, last }) => sum + last - first + 1, 0);
  if (accepted !== forwarded + lost + waiting) {
    yield {
      place: 'kept, telemetry progress',
      problem:
        `of ${accepted} readings taken in ${forwarded} were forwarded, ${lost} are in the ` +
        `ledger and ${waiting} wait: ${Math.abs(accepted - forwarded - lost - waiting)} do not add up`,
      remedy: REPAIR,
    };
  }
  const ahead = held.find(({ place, last }) => place !== 'waiting' && last >= nextNumber);
  if (ahead !== undefined) {
    const problem = `holds number ${ahead.last}, but the next to be given is ${nextNumber}`;
    yield { place: ahead.place, problem, remedy: REPAIR };
  }
}

function* overlaps(held: readonly Held[]): Generator<Finding> {
  let before: Held | undefined;
  for (const one of held.toSorted((a, b) => a.first - b.first)) {
    if (before !== undefined && one.first <= before.last) {
      const problem = `holds number ${one.first}, which ${before.place} holds, too`;
      yield { place: one.place, problem, remedy: REPAIR };
    }
    before = before !== undefined && before.last > one.last ? before : one;
  }
}

function heldInBlocks(database: Database, table: BlockTable): Held[] {
  const rows = database
    .prepare(`SELECT first_number AS first, readings, is_thinned AS isThinned FROM ${table}`)
    .all();
  return rows.map((row) => {
    const { first, readings, isThinned } = BlockRow.parse(row);
    const last = first + readings - 1;
    return { place: `${table} ${first}`, first, last, isThinned: isThinned === 1 };
  });
}

function heldInOutbox(database: Database): Held[] {
  const ids = database
    .prepare("SELECT message_id FROM outbox WHERE message_id LIKE 'telemetry/%'")
    .pluck()
    .all();
  return ids.flatMap((id) => {
    const [first, last] = numbersOf(String(id)) ?? [];
    if (first === undefined || last === undefined) return [];
    return [{ place: `outbox ${String(id)}`, first, last, isThinned: false }];
  });
}

/** They have no number yet, but take the next ones. */
function heldUnpacked(database: Database): Held[] {
  return waitingRows(database).map(({ firstNumber, texts }) => ({
    place: 'waiting',
    first: firstNumber,
    last: firstNumber + texts.length - 1,
    isThinned: false,
  }));
}
