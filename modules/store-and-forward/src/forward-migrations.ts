/** The tables of store-and-forward's database: one SQL script per schema version, oldest first. */
import { LOSS_SCHEMA } from '../../shared/src/loss-ledger.ts';
import { BLOCK_SCHEMA } from './block-store.ts';
import { BULK_SCHEMA } from './bulk/bulk-store.ts';
import { DELIVERED_SCHEMA } from './delivered-tables.ts';
import { FORWARD_SCHEMA } from './forward-store.ts';

/**
 * Readings wait as themselves, no longer as texts. Older rows are read as they are, but an older program
 * would take a new one for damage, and mend what is whole.
 */
const WAITING_READINGS = '-- The tables are the same.';

export const FORWARD_MIGRATIONS: readonly string[] = [
  FORWARD_SCHEMA,
  BLOCK_SCHEMA + LOSS_SCHEMA,
  DELIVERED_SCHEMA,
  BULK_SCHEMA,
  WAITING_READINGS,
];
