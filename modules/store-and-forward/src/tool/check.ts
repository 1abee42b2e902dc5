/**
 * Whether everything in a database can be read and agrees.
 *
 * Invariants:
 * - a finding ends one check, never the others;
 * - what is compared with each other is read in one transaction, so that a running module raises no
 *   false alarm.
 */
import type { Database } from '../../../shared/src/database.ts';
import { messageOf } from '../../../shared/src/edge-error.ts';
import { checkDelivered } from './check-delivered.ts';
import { checkBalance } from './check-balance.ts';
import { checkBlocks, checkMessages, checkWaiting } from './check-content.ts';
import { checkLimits, checkMemory, checkSettings } from './check-memory.ts';
import { REPAIR, type Finding } from './finding.ts';

/** One thing that is looked at. */
interface Check {
  readonly title: string;
  readonly run: (database: Database) => Iterable<Finding>;
}

/** What a check found; `findings` is empty when all is well. */
export interface CheckResult {
  readonly title: string;
  readonly findings: readonly Finding[];
  /** How many more there are than are listed. */
  readonly more: number;
}

/** A damaged file can have thousands; the first tell enough. */
const MOST_FINDINGS = 100;

/** Looks at everything in the database at `path`. */
export function checkStore(path: string, database: Database): CheckResult[] {
  const checks: readonly Check[] = [
    { title: 'pages and indexes (SQLite)', run: checkPages },
    { title: 'packed blocks', run: (database) => checkBlocks(database, 'blocks') },
    { title: 'blocks of an upload', run: (database) => checkBlocks(database, 'upload_blocks') },
    { title: 'messages of the outbox', run: checkMessages },
    { title: 'readings without a message yet', run: checkWaiting },
    { title: 'delivered messages, kept to be sent again', run: checkDelivered },
    { title: 'numbers: each reading once, none missing', run: checkBalance },
    { title: 'memory of what came', run: checkMemory },
    { title: 'configuration, counters, losses', run: checkSettings },
    { title: 'limits', run: () => checkLimits(path, database) },
  ];
  return checks.map((check) => resultOf(check, database));
}

function resultOf({ title, run }: Check, database: Database): CheckResult {
  const findings: Finding[] = [];
  let more = 0;
  const note = (finding: Finding) => {
    if (findings.length < MOST_FINDINGS) findings.push(finding);
    else more += 1;
  };
  try {
    for (const finding of run(database)) note(finding);
  } catch (error) {
    const problem = `cannot be read further: ${messageOf(error)}`;
    note({ place: title, problem, remedy: REPAIR });
  }
  return { title, findings, more };
}

/** Source: SQLite, PRAGMA integrity_check. */
function* checkPages(database: Database): Generator<Finding> {
  const verdicts: unknown = database.prepare('PRAGMA integrity_check').pluck().all();
  for (const verdict of Array.isArray(verdicts) ? verdicts : []) {
    if (verdict === 'ok') continue;
    yield { place: 'file', problem: String(verdict), remedy: REPAIR };
  }
}
