/**
 * Which sites need a look, and when: table `siteindex`, one row per site.
 *
 * The rows are hints: losing a race over one leads to a look too many, never to one too few.
 *
 * Invariants:
 * - when a gateway was heard of last never goes back in time;
 * - whoever records anomalies of a site makes it due after that, so that a look finds them;
 * - the look that follows a look is put off only when nothing made the site due meanwhile.
 */
import { odata, type TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { instant } from './site-rows.ts';
import { siteKey } from './table-keys.ts';
import { getRow, inBatches, isConflict, openTable } from './tables.ts';

const PARTITION = 'sites';
const WATCH = { partitionKey: 'watch', rowKey: 'timer' } as const;
/** Sorts after every instant: nothing but an event can change the site. */
const NEVER = '9999-12-31T23:59:59.999Z';
/** The timer notes so often that it runs, milliseconds. */
const NOTE_EVERY_MS = 60_000;
/** A pause after which nothing was heard because nobody listened, milliseconds. */
const LONGEST_PAUSE_MS = 300_000;

const SiteRow = z.looseObject({
  site: z.string(),
  dueAt: z.string(),
  heardAt: z.iso.datetime().optional(),
  etag: z.string(),
});
const WatchRow = z.looseObject({ since: z.iso.datetime(), until: z.iso.datetime() });

/** A site that needs a look. */
export interface DueSite {
  readonly id: string;
  /** When something last came from the gateway, epoch milliseconds; null when never. */
  readonly heardMs: number | null;
  readonly etag: string;
}

export class SiteIndex {
  readonly #table: TableClient;

  constructor(table: TableClient) {
    this.#table = table;
  }

  /** Makes sites due at `atMs`. */
  async makeDue(siteIds: readonly string[], atMs: number): Promise<void> {
    for (const batch of inBatches([...new Set(siteIds)])) {
      await this.#table.submitTransaction(
        batch.map((site) => [
          'upsert',
          { partitionKey: PARTITION, rowKey: siteKey(site), site, dueAt: instant(atMs) },
          'Merge',
        ]),
      );
    }
  }

  /**
   * Notes that something came from a gateway at `heardMs`; makes its site due unless a look is
   * planned by the time at which its silence would be too long. A silent gateway has none planned.
   */
  async noteHeard(site: string, heardMs: number, silentAfterMs: number): Promise<void> {
    while (!(await this.#tryNoteHeard(site, heardMs, silentAfterMs)));
  }

  /** False when another changed the row meanwhile: what it says must not go back in time. */
  async #tryNoteHeard(site: string, heardMs: number, silentAfterMs: number): Promise<boolean> {
    const row = await getRow(this.#table, PARTITION, siteKey(site));
    const known = row === undefined ? undefined : SiteRow.parse(row);
    const lastMs = known?.heardAt === undefined ? null : Date.parse(known.heardAt);
    if (lastMs !== null && lastMs >= heardMs) return true;
    const isPlanned =
      known !== undefined && lastMs !== null && known.dueAt <= instant(lastMs + silentAfterMs);
    const noted = {
      partitionKey: PARTITION,
      rowKey: siteKey(site),
      site,
      heardAt: instant(heardMs),
      ...(isPlanned ? {} : { dueAt: instant(heardMs) }),
    };
    try {
      if (known === undefined) await this.#table.createEntity(noted);
      else await this.#table.updateEntity(noted, 'Merge', { etag: known.etag });
      return true;
    } catch (error) {
      if (!isConflict(error)) throw error;
      return false;
    }
  }

  /** The sites that are due at `nowMs`. */
  async due(nowMs: number): Promise<DueSite[]> {
    const filter = odata`PartitionKey eq ${PARTITION} and dueAt le ${instant(nowMs)}`;
    const sites: DueSite[] = [];
    for await (const row of this.#table.listEntities({ queryOptions: { filter } })) {
      const { site, heardAt, etag } = SiteRow.parse(row);
      sites.push({ id: site, heardMs: heardAt === undefined ? null : Date.parse(heardAt), etag });
    }
    return sites;
  }

  /** Ids of all sites. */
  async all(): Promise<string[]> {
    const filter = odata`PartitionKey eq ${PARTITION}`;
    const rows = this.#table.listEntities<{ site: string }>({
      queryOptions: { filter, select: ['site'] },
    });
    const ids: string[] = [];
    for await (const { site } of rows) ids.push(site);
    return ids;
  }

  /** Puts the next look off to `dueMs`, null for ever, unless the site was made due meanwhile. */
  async putOff({ id, etag }: DueSite, dueMs: number | null): Promise<void> {
    const dueAt = dueMs === null ? NEVER : instant(dueMs);
    const row = { partitionKey: PARTITION, rowKey: siteKey(id), dueAt };
    try {
      await this.#table.updateEntity(row, 'Merge', { etag });
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }

  /** Notes that the timer runs at `nowMs`; resolves with since when it does so without a pause. */
  async noteWatching(nowMs: number): Promise<number> {
    const row = await getRow(this.#table, WATCH.partitionKey, WATCH.rowKey);
    const known = row === undefined ? undefined : WatchRow.parse(row);
    const untilMs = known === undefined ? Number.NEGATIVE_INFINITY : Date.parse(known.until);
    const isPaused = nowMs - untilMs > LONGEST_PAUSE_MS;
    const sinceMs = known === undefined || isPaused ? nowMs : Date.parse(known.since);
    if (nowMs - untilMs >= NOTE_EVERY_MS) {
      const watch = { ...WATCH, since: instant(sinceMs), until: instant(nowMs) };
      await this.#table.upsertEntity(watch, 'Replace');
    }
    return sinceMs;
  }
}

/** Opens the index of sites in the storage account. */
export async function openSiteIndex(connectionString: string): Promise<SiteIndex> {
  return new SiteIndex(await openTable(connectionString, 'siteindex'));
}
