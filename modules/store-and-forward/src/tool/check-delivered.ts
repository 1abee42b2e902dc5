/** Looks into what was delivered and is kept to be sent again. */
import { z } from 'zod';
import type { Database } from '../../../shared/src/database.ts';
import { messageOf } from '../../../shared/src/edge-error.ts';
import { MessageKind } from '../../../shared/src/wire-contract.ts';
import { unpackMessages } from '../delivered-block.ts';
import type { Finding } from './finding.ts';

const PAGE_BLOCKS = 32;
const REMEDY = 'none needed unless it is asked for: everything in it was delivered';

const Row = z.object({
  row: z.int(),
  kind: MessageKind,
  messages: z.int(),
  content: z.instanceof(Buffer),
});

/** Every block can be unpacked, and holds as many messages as it says. */
export function* checkDelivered(database: Database): Generator<Finding> {
  const page = database.prepare(
    `SELECT row, kind, messages, content FROM delivered WHERE row > ?
     ORDER BY row LIMIT ${PAGE_BLOCKS}`,
  );
  for (let after = 0; ;) {
    const rows = page.all(after).map((row) => Row.parse(row));
    for (const row of rows) {
      const problem = problemOf(row);
      if (problem !== undefined)
        yield { place: `delivered row ${row.row}`, problem, remedy: REMEDY };
    }
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.row;
  }
}

function problemOf({ kind, messages, content }: z.infer<typeof Row>): string | undefined {
  try {
    const found = unpackMessages(kind, content).length;
    return found === messages ? undefined : `holds ${found} messages, and says ${messages}`;
  } catch (error) {
    return `cannot be unpacked: ${messageOf(error)}`;
  }
}
