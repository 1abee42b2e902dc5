/** Incidents in Azure SQL: table `dbo.incidents`, cloud/sql. */
import { readFileSync } from 'node:fs';
import sql from 'mssql';
import type { SiteRecord } from './site-rows.ts';
import type { SqlAddress } from './sql-settings.ts';
import { sha256 } from './table-keys.ts';

const CONNECT_MS = 10_000;
const REQUEST_MS = 15_000;
/** Characters of the columns. */
const MAX_ID = 200;
const MAX_SITE = 128;

/** An older state never replaces a newer one: cloud/sql/queries/save-incident.sql, word for word. */
export const SAVE_INCIDENT = `
MERGE INTO dbo.incidents WITH (HOLDLOCK) AS known
USING (
    VALUES (
        @id, @site, @kind, @openedAt, @updatedAt, @resolvedAt, @acknowledgedAt, @acknowledgedBy,
        @anomalies, @meters, @mails
    )
) AS given(
    id, site, kind, openedAt, updatedAt, resolvedAt, acknowledgedAt, acknowledgedBy, anomalies,
    meters, mails
)
    ON known.id = given.id
WHEN MATCHED AND given.updatedAt >= known.updatedAt THEN
    UPDATE SET
        updatedAt = given.updatedAt,
        resolvedAt = given.resolvedAt,
        acknowledgedAt = given.acknowledgedAt,
        acknowledgedBy = given.acknowledgedBy,
        anomalies = given.anomalies,
        meters = given.meters,
        mails = given.mails
WHEN NOT MATCHED THEN
    INSERT (
        id, site, kind, openedAt, updatedAt, resolvedAt, acknowledgedAt, acknowledgedBy, anomalies,
        meters, mails
    )
    VALUES (
        given.id, given.site, given.kind, given.openedAt, given.updatedAt, given.resolvedAt,
        given.acknowledgedAt, given.acknowledgedBy, given.anomalies, given.meters, given.mails
    );`;

/** Where incidents are kept besides Table Storage. */
export interface IncidentTable {
  /**
   * Writes an incident, or brings it up to date; durable when this resolves.
   *
   * @throws Error when the database cannot be reached or refuses
   */
  save(siteId: string, record: SiteRecord): Promise<void>;
  close(): Promise<void>;
}

/** A table at `address`; it connects when there is something to save. */
export function incidentTable(address: SqlAddress): IncidentTable {
  let opened: Promise<sql.ConnectionPool> | undefined;
  // Several sites are saved at once: they share one pool, also while it connects.
  const pool = (): Promise<sql.ConnectionPool> => {
    opened ??= connect(address).catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
  return {
    save: async (siteId, record) => {
      await requestFor(await pool(), siteId, record).query(SAVE_INCIDENT);
    },
    close: async () => {
      await (await opened)?.close();
    },
  };
}

async function connect(address: SqlAddress): Promise<sql.ConnectionPool> {
  const pool = new sql.ConnectionPool(configOf(address));
  // Said by the next attempt, which fails; unheard it would end the process.
  pool.on('error', () => undefined);
  return pool.connect();
}

function requestFor(pool: sql.ConnectionPool, siteId: string, record: SiteRecord): sql.Request {
  const { incident, openedMs, updatedMs, closedMs, acknowledged, total, mails } = record;
  const instant = sql.DateTime2(3);
  const orNull = (atMs: number | null): Date | null => (atMs === null ? null : new Date(atMs));
  // Names of sites are short; whatever comes, it is one row.
  const id = incident.length <= MAX_ID ? incident : sha256(incident);
  return pool
    .request()
    .input('id', sql.NVarChar(MAX_ID), id)
    .input('site', sql.NVarChar(MAX_SITE), siteId.slice(0, MAX_SITE))
    .input('kind', sql.NVarChar(20), total.count === 0 ? 'gateway-silent' : 'anomalies')
    .input('openedAt', instant, new Date(openedMs))
    .input('updatedAt', instant, new Date(updatedMs))
    .input('resolvedAt', instant, orNull(closedMs))
    .input('acknowledgedAt', instant, orNull(acknowledged?.atMs ?? null))
    .input('acknowledgedBy', sql.NVarChar(256), null)
    .input('anomalies', sql.Int, total.count)
    .input('meters', sql.Int, total.meters.length)
    .input('mails', sql.Int, mails);
}

/** Without a login the managed identity signs in. */
function configOf({ server, port, database, caFile, login }: SqlAddress): sql.config {
  const ca = caFile === null ? {} : { ca: readFileSync(caFile, 'utf8') };
  return {
    server,
    port,
    database,
    connectionTimeout: CONNECT_MS,
    requestTimeout: REQUEST_MS,
    options: { encrypt: true, cryptoCredentialsDetails: ca },
    pool: { max: 2, min: 0 },
    ...(login === null
      ? { authentication: { type: 'azure-active-directory-default', options: {} } }
      : login),
  };
}
