import assert from 'node:assert/strict';
import { parseEventHubConnectionString } from '@azure/event-hubs';
import { BlobServiceClient } from '@azure/storage-blob';
import {
  eventHubsConnectionString,
  storageConnectionString,
} from '../../../simulator/wire/connection-strings.ts';
import { testSettings, type TestSettings } from '../../support/settings.ts';

describe('connection strings', () => {
  let test: TestSettings;

  before(async () => {
    test = await testSettings();
  });

  after(() => test.cleanup());

  it("are read by Microsoft's event hubs client", () => {
    const { ports, secrets } = test.settings;
    const parsed = parseEventHubConnectionString(
      eventHubsConnectionString(test.settings, 'hot-path'),
    );

    assert.equal(parsed.endpoint, `sb://127.0.0.1:${ports.eventHubs}`);
    assert.equal(parsed.eventHubName, 'hot-path');
    assert.equal(parsed.sharedAccessKey, secrets.eventHubsKey);
  });

  it("are read by Microsoft's storage client", () => {
    const client = BlobServiceClient.fromConnectionString(storageConnectionString(test.settings));

    assert.equal(
      client.url.replace(/\/$/, ''),
      `http://127.0.0.1:${test.settings.ports.blob}/devstoreaccount1`,
    );
  });
});
