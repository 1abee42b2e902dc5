/** `npm run azure -- …`: looks at the local Azure from the terminal, as one would with `az`. */
import { BlobServiceClient } from '@azure/storage-blob';
import { controlClient } from '../wire/control-api.ts';
import { storageConnectionString } from '../wire/connection-strings.ts';
import type { Settings } from '../wire/settings.ts';
import { runCommand } from './run-command.ts';

const USAGE = `npm run azure -- WHAT   [--state FOLDER]

  status            IoT Hub, Device Provisioning, Event Hubs
  group-key         the enrollment group's primary key: a secret
  peek HUB [COUNT]  the newest events of an event hub: iothub-ehub-lab, hot-path, alerts
  blobs CONTAINER   what Blob Storage holds, one path a line: archive
  blob CONTAINER PATH
  mails             the mailbox, newest first
  mail ID           one mail, as text`;

const DEFAULT_PEEK = '5';

type Look = (settings: Settings, words: readonly string[]) => Promise<string | undefined>;

const LOOKS: Readonly<Record<string, Look>> = {
  status: async (settings) => asJson(await controlClient(settings, 'azure').get('/status')),
  'group-key': async (settings) =>
    textOf(await controlClient(settings, 'azure').get('/enrollment-group/key'), 'key'),
  peek: async (settings, [hub, count = DEFAULT_PEEK]) => {
    if (hub === undefined) return undefined;
    const path = `/event-hubs/${encodeURIComponent(hub)}/peek?count=${encodeURIComponent(count)}`;
    return asJson(await controlClient(settings, 'azure').get(path));
  },
  blobs: async (settings, [container]) =>
    container === undefined ? undefined : listBlobs(settings, container),
  blob: async (settings, [container, path]) => {
    if (container === undefined || path === undefined) return undefined;
    const content = await containerOf(settings, container).getBlobClient(path).downloadToBuffer();
    return content.toString('utf8').trimEnd();
  },
  mails: async (settings) => {
    const mails = await controlClient(settings, 'console').get('/mails');
    if (!Array.isArray(mails)) return '';
    return mails.map((mail) => `${textOf(mail, 'id')}  ${textOf(mail, 'subject')}`).join('\n');
  },
  mail: async (settings, [id]) => {
    if (id === undefined) return undefined;
    const path = `/mails/${encodeURIComponent(id)}`;
    return textOf(await controlClient(settings, 'console').get(path), 'text').trimEnd();
  },
};

await runCommand(USAGE, async (settings, [what = '', ...words]) => LOOKS[what]?.(settings, words));

async function listBlobs(settings: Settings, container: string): Promise<string> {
  const paths: string[] = [];
  for await (const blob of containerOf(settings, container).listBlobsFlat()) paths.push(blob.name);
  return paths.join('\n');
}

function containerOf(settings: Settings, container: string) {
  const service = BlobServiceClient.fromConnectionString(storageConnectionString(settings));
  return service.getContainerClient(container);
}

function asJson(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

function textOf(value: unknown, name: string): string {
  return String(Object(value)[name] ?? '');
}
