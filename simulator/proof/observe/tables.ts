/** Reads the tables of Azure SQL, as the dashboard's user, with Microsoft's client. */
import mssql from 'mssql';
import { z } from 'zod';
import { ensureCertificates } from '../../wire/certificates.ts';
import type { Settings } from '../../wire/settings.ts';
import { sqlClientConfig } from '../../wire/sql-connection.ts';
import type { ObservedTables } from '../oracle/observed.ts';

const Averages = z.array(
  z
    .object({
      id: z.string(),
      windowEnd: z.date(),
      average: z.number(),
      minimum: z.number(),
      maximum: z.number(),
      count: z.number(),
      revision: z.number(),
    })
    .transform(({ windowEnd, ...values }) => ({ ...values, windowEndMs: windowEnd.getTime() })),
);

const Anomalies = z.array(
  z
    .object({ id: z.string(), time: z.date() })
    .transform(({ id, time }) => ({ id, atMs: time.getTime() })),
);

/** Every row of both tables. */
export async function readTables(settings: Settings): Promise<ObservedTables> {
  const { caPem } = await ensureCertificates(settings);
  const pool = new mssql.ConnectionPool(sqlClientConfig(settings, 'dashboard', caPem));
  await pool.connect();
  try {
    const averages = await pool
      .request()
      .query(
        'SELECT id, windowEnd, average, minimum, maximum, [count], revision FROM dbo.averages;',
      );
    const anomalies = await pool.request().query('SELECT id, [time] FROM dbo.anomalies;');
    return {
      averages: Averages.parse(averages.recordset),
      anomalies: Anomalies.parse(anomalies.recordset),
    };
  } finally {
    await pool.close();
  }
}
