/** Reads every row of the CSV archive, with Microsoft's storage client. */
import { BlobServiceClient, type BlobItem } from '@azure/storage-blob';
import { parseCsv } from '../../console/core/csv.ts';
import { storageConnectionString } from '../../wire/connection-strings.ts';
import type { Settings } from '../../wire/settings.ts';
import type { ArchivedReading } from '../oracle/observed.ts';

const CONTAINER = 'archive';
const PREFIX = 'readings/';
const BLOBS_AT_ONCE = 16;

/** All rows, repeats included, in no particular order. */
export async function readArchive(settings: Settings): Promise<ArchivedReading[]> {
  const service = BlobServiceClient.fromConnectionString(storageConnectionString(settings));
  const container = service.getContainerClient(CONTAINER);
  const blobs: BlobItem[] = [];
  for await (const blob of container.listBlobsFlat({ prefix: PREFIX })) blobs.push(blob);
  const rows: ArchivedReading[] = [];
  const work = async () => {
    for (let blob = blobs.pop(); blob !== undefined; blob = blobs.pop()) {
      const { name, properties } = blob;
      // With the size from the listing the client need not ask for it.
      const content = await container
        .getBlobClient(name)
        .downloadToBuffer(0, properties.contentLength);
      for (const row of archivedReadings(content.toString('utf8'), name)) rows.push(row);
    }
  };
  await Promise.all(Array.from({ length: BLOBS_AT_ONCE }, work));
  return rows;
}

/**
 * Rows of one blob, by the names in its header.
 *
 * @throws Error naming the blob when a column is missing
 */
export function archivedReadings(csv: string, name: string): ArchivedReading[] {
  const [header = [], ...rows] = parseCsv(csv, Number.POSITIVE_INFINITY);
  const column = (title: string) => {
    const index = header.indexOf(title);
    if (index < 0) throw new Error(`The archive's ${name} has no column ${title}.`);
    return index;
  };
  const [id, time, temp, seq] = [column('id'), column('time'), column('temp'), column('seq')];
  return rows
    .filter((row) => row.length > 1)
    .map((row) => ({
      id: row[id] ?? '',
      time: row[time] ?? '',
      temp: Number(row[temp]),
      seq: Number(row[seq]),
    }));
}
