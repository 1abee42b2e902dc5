/** A module with faults: it adds numbers up, and throws at what is none. */
import { z } from 'zod';
import type { Database } from '../../modules/shared/src/database.ts';
import type { DurableCore } from '../../modules/shared/src/durable-core.ts';
import type { InputMessage } from '../../modules/shared/src/edge-client.ts';
import type { ModuleDefinition } from '../../modules/shared/src/module-definition.ts';

const Schema = z.object({});
const Numbers = z.array(z.number());

/** What a test asks of it besides. */
export interface Pickiness {
  readonly keepsLedger?: true;
  /** Called with each body before it is taken. */
  readonly beforeTake?: (body: string) => void;
  readonly inSettle?: () => void;
  /** Called while it opens its database. */
  readonly opening?: () => void;
}

class PickyCore implements DurableCore<object> {
  readonly keepsLedger?: true;
  readonly #database: Database;
  readonly #pickiness: Pickiness;
  #sum: number;
  #hasLeft = false;

  constructor(database: Database, pickiness: Pickiness) {
    this.#database = database;
    this.#pickiness = pickiness;
    if (pickiness.keepsLedger) this.keepsLedger = true;
    this.#sum = Number(database.prepare('SELECT sum FROM sums').pluck().get() ?? 0);
  }

  take({ body }: InputMessage): void {
    this.#pickiness.beforeTake?.(body);
    if (body === '"left"') this.#hasLeft = true;
    else if (body === '"right"' && this.#hasLeft) throw new RangeError('right beside left');
    else if (body === '"breach"') this.#database.exec('INSERT INTO sums VALUES (2, 0)');
    else if (body !== '"right"') this.#add(body);
  }

  settle(): void {
    this.#hasLeft = false;
    this.#pickiness.inSettle?.();
    this.#database.prepare('INSERT OR REPLACE INTO sums VALUES (1, ?)').run(this.#sum);
  }

  due(): boolean {
    return false;
  }

  configure(): void {}

  /** Memory is ahead when it throws. */
  #add(body: string): void {
    const entries = z.array(z.unknown()).parse(JSON.parse(body));
    this.#sum += Number(entries[0]);
    const [, ...more] = Numbers.parse(entries);
    for (const number of more) this.#sum += number;
  }
}

/** The module, for a test to start. */
export function pickyModule(pickiness: Pickiness = {}): ModuleDefinition<typeof Schema.shape> {
  return {
    databaseName: 'picky.db',
    migrations: ['CREATE TABLE sums (row INTEGER PRIMARY KEY CHECK (row = 1), sum REAL NOT NULL)'],
    schema: Schema,
    lostKind: 'average',
    start: ({ database }) => {
      pickiness.opening?.();
      return new PickyCore(database, pickiness);
    },
  };
}
