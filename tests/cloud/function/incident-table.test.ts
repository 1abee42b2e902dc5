import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { z } from 'zod';
import { EMPTY_TALLY } from '../../../cloud/function/src/core/tally.ts';
import { incidentTable, SAVE_INCIDENT } from '../../../cloud/function/src/incident-table.ts';
import { recordAnomalies } from '../../../cloud/function/src/record-anomalies.ts';
import { SAVE_AGAIN_MS } from '../../../cloud/function/src/save-incidents.ts';
import { incidentName, type SiteRecord } from '../../../cloud/function/src/site-rows.ts';
import { sendDueMails } from '../../../cloud/function/src/send-due-mails.ts';
import { openStores, type Services } from '../../../cloud/function/src/services.ts';
import { certificateFile } from '../../../simulator/wire/certificates.ts';
import { sqlClientConfig } from '../../../simulator/wire/sql-connection.ts';
import { startAzurite, type Azurite } from '../../support/azurite.ts';
import { startTestSql, type TestSql } from '../../support/sql.ts';
import {
  alertEvent,
  appSettings,
  CLEAR_AFTER_MS,
  GROUP_WAIT_MS,
  memoryLog,
  START_MS,
  toIso,
} from './support.ts';

const Rows = z.array(
  z.object({
    id: z.string(),
    site: z.string(),
    kind: z.string(),
    anomalies: z.coerce.number(),
    meters: z.coerce.number(),
    mails: z.coerce.number(),
    resolvedAt: z.date().nullable(),
    acknowledgedAt: z.date().nullable(),
  }),
);
const log = memoryLog();

describe('incidents in Azure SQL', function () {
  this.timeout(60_000);
  const clock = { nowMs: START_MS };
  let database: TestSql;
  let azurite: Azurite;
  let services: Services;

  before(async () => {
    database = await startTestSql();
    const { settings } = database;
    azurite = await startAzurite(settings);
    const { server, port, user, password } = sqlClientConfig(settings, 'function', '');
    const given = appSettings(settings, {
      SQL_SERVER: server,
      SQL_PORT: String(port),
      SQL_USER: user,
      SQL_PASSWORD: password,
      SQL_CA_FILE: certificateFile(settings),
    });
    services = {
      ...(await openStores(given, () => clock.nowMs)),
      transport: { timeoutMs: 1_000, send: () => Promise.resolve(), close: () => undefined },
      deadLetters: { put: () => Promise.reject(new Error('no mail is given up here')) },
    };
  });

  after(async () => {
    await services.incidentTable?.close();
    await azurite.stop();
    await database.stop();
  });

  async function rowsOf(site: string) {
    const pool = await database.connect('administrator');
    const { recordset } = await pool
      .request()
      .input('site', site)
      .query('SELECT * FROM dbo.incidents WHERE site = @site');
    return Rows.parse(recordset);
  }

  async function tell(site: string, ...meterIds: string[]): Promise<void> {
    const time = toIso(clock.nowMs);
    await recordAnomalies(
      services,
      meterIds.map((id) => alertEvent({ gateway: site, id, time })),
      log,
    );
    clock.nowMs += GROUP_WAIT_MS;
    await sendDueMails(services, log);
  }

  it('are one row each, from the first mail through the acknowledgement to the all-clear', async () => {
    await tell('one', 'Meter01', 'Meter02');
    const [first] = await rowsOf('one');
    assert.ok(first);
    assert.deepEqual(
      [first.anomalies, first.meters, first.mails, first.kind],
      [2, 2, 1, 'anomalies'],
    );
    assert.deepEqual([first.resolvedAt, first.acknowledgedAt], [null, null]);

    clock.nowMs += 1_000;
    await services.acknowledgements.acknowledge('one', first.id);
    await sendDueMails(services, log);
    assert.equal((await rowsOf('one'))[0]?.acknowledgedAt?.getTime(), clock.nowMs);
    clock.nowMs += CLEAR_AFTER_MS;
    await sendDueMails(services, log);

    const [last, ...others] = await rowsOf('one');
    assert.deepEqual(others, []);
    assert.equal(last?.resolvedAt?.getTime(), clock.nowMs);
    assert.equal(last.mails, 2);
    assert.deepEqual(await services.sites.unsaved('one'), []);
  });

  it('follow when the database is back, and hold up no mail meanwhile', async () => {
    const { incidentTable } = services;
    let isAway = true;
    const cut: Services = {
      ...services,
      incidentTable: {
        save: async (...args) => {
          if (isAway) throw new Error('the database is away');
          await incidentTable?.save(...args);
        },
        close: () => Promise.resolve(),
      },
    };
    const time = toIso(clock.nowMs);
    await recordAnomalies(cut, [alertEvent({ gateway: 'two', time })], log);
    clock.nowMs += GROUP_WAIT_MS;
    assert.equal(await sendDueMails(cut, log), 1);
    assert.deepEqual(await rowsOf('two'), []);
    await sendDueMails(cut, log);
    isAway = false;
    clock.nowMs += SAVE_AGAIN_MS;
    await sendDueMails(cut, log);

    assert.equal((await rowsOf('two')).length, 1);
  });

  it('share few connections when many change at once, and new ones when these are cut', async () => {
    const { settings } = database;
    const { server, port, user, password } = sqlClientConfig(settings, 'function', '');
    const sockets: Socket[] = [];
    const line = createServer((socket) => {
      const through = connect(port, server, () => socket.pipe(through).pipe(socket));
      sockets.push(
        socket.on('error', () => undefined),
        through.on('error', () => undefined),
      );
    });
    await new Promise<void>((resolve) => {
      line.listen(0, '127.0.0.1', resolve);
    });
    const table = incidentTable({
      server,
      port: (line.address() as AddressInfo).port,
      database: 'smart-meters',
      caFile: certificateFile(settings),
      login: { user: user ?? '', password: password ?? '' },
    });
    const saveAll = () =>
      Promise.allSettled(
        Array.from({ length: 8 }, (_, number) => table.save('many', recordOf(number))),
      );
    await saveAll();
    assert.equal((await rowsOf('many')).length, 8);
    // Two of the pool, and the one that it signs in with first.
    assert.ok(sockets.length / 2 <= 3, `${sockets.length / 2} connections`);

    for (const socket of sockets) socket.destroy();
    await saveAll();
    const again = await saveAll();
    await table.close();
    line.close();
    assert.ok(again.every(({ status }) => status === 'fulfilled'));
  });

  it('are written by the query of cloud/sql', () => {
    const file = new URL('../../../cloud/sql/queries/save-incident.sql', import.meta.url);
    const plain = (text: string): string =>
      text
        .replace(/^--.*$/gm, '')
        .replace(/\s+/g, ' ')
        .trim();
    assert.equal(plain(SAVE_INCIDENT), plain(readFileSync(file, 'utf8')));
  });
});

/** An incident of the site `many`. */
function recordOf(number: number): SiteRecord {
  const openedMs = START_MS + number;
  return {
    incident: incidentName('many', openedMs),
    openedMs,
    closedMs: null,
    acknowledged: null,
    total: EMPTY_TALLY,
    silentSinceMs: openedMs,
    mails: 1,
    updatedMs: openedMs,
  };
}
