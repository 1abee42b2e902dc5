import assert from 'node:assert/strict';
import { TableClient } from '@azure/data-tables';
import { recordAnomalies } from '../../../cloud/function/src/record-anomalies.ts';
import { openStores, type Stores } from '../../../cloud/function/src/services.ts';
import { storageConnectionString } from '../../../simulator/wire/connection-strings.ts';
import { startAzurite, type Azurite } from '../../support/azurite.ts';
import { testSettings, type TestSettings } from '../../support/settings.ts';
import { alertEvent, appSettings, memoryLog, START_MS } from './support.ts';

const log = memoryLog();

describe('events that are no anomalies', function () {
  this.timeout(30_000);
  const clock = { nowMs: START_MS };
  let local: TestSettings;
  let azurite: Azurite;
  let services: Stores;

  before(async () => {
    local = await testSettings();
    azurite = await startAzurite(local.settings);
    services = await openStores(appSettings(local.settings), () => clock.nowMs);
  });

  after(async () => {
    await azurite.stop();
    await local.cleanup();
  });

  it('hold up nothing, and are kept apart with their reason', async () => {
    const broken = { ...alertEvent(), temp: null, note: 'broken' };
    await recordAnomalies(services, [broken, 'no json {', alertEvent(), broken], log);
    const [recorded] = await services.arrivals.pending('gateway-01', 1);
    assert.equal(recorded?.arrivals.length, 1);
    const refused = await refusedRows(local, clock.nowMs);
    assert.equal(refused.length, 2);
    assert.ok(refused.some(({ reason }) => /temp/.test(reason)));
    assert.ok(refused.some(({ content }) => content.includes('no json {')));
  });

  it('may have any content', async () => {
    clock.nowMs += 1_000;
    const cut = `no json ${'x'.repeat(16_384 - 10)}😀😀 \u0000 \ud83d`;
    await recordAnomalies(services, [cut, '\ud83d\u0000\u0001', `[😀\u0000${cut}`], log);

    assert.equal((await refusedRows(local, clock.nowMs)).length, 3);
  });
});

async function refusedRows(
  { settings }: TestSettings,
  atMs: number,
): Promise<{ reason: string; content: string }[]> {
  const table = TableClient.fromConnectionString(
    storageConnectionString(settings),
    'refusedevents',
    { allowInsecureConnection: true },
  );
  const rows: { reason: string; content: string }[] = [];
  for await (const row of table.listEntities<{ at: string; reason: string; content: string }>()) {
    if (row.at === new Date(atMs).toISOString()) rows.push(row);
  }
  return rows;
}
