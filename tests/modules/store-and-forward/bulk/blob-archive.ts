/** A container in Azurite, seen from both sides: the gateway's signature, and what is in it. */
import {
  BlobServiceClient,
  ContainerSASPermissions,
  StorageSharedKeyCredential,
  generateBlobSASQueryParameters,
  type ContainerClient,
} from '@azure/storage-blob';
import { writeFileSync } from 'node:fs';
import { storageConnectionString } from '../../../../simulator/wire/connection-strings.ts';
import type { Settings } from '../../../../simulator/wire/settings.ts';

const ACCOUNT = 'devstoreaccount1';
const CONTAINER = 'archive';

/** What a file's or manifest's text is. */
export interface BlobText {
  readonly name: string;
  readonly text: string;
}

/** Signature of the gateway: adding blobs, nothing else. */
export interface SignatureOptions {
  /** Instant at which it ends. */
  readonly expires?: Date;
  readonly permissions?: string;
  readonly container?: string;
}

export class BlobArchive {
  readonly container: ContainerClient;
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
    const service = BlobServiceClient.fromConnectionString(storageConnectionString(settings));
    this.container = service.getContainerClient(CONTAINER);
  }

  /** Address with signature, by way of a port. */
  address(
    port: number,
    {
      expires = new Date(Date.now() + 3_600_000),
      permissions = 'cw',
      container = CONTAINER,
    }: SignatureOptions = {},
  ): string {
    const signature = generateBlobSASQueryParameters(
      {
        containerName: container,
        permissions: ContainerSASPermissions.parse(permissions),
        expiresOn: expires,
      },
      new StorageSharedKeyCredential(ACCOUNT, this.#settings.secrets.storageKey),
    );
    return `http://127.0.0.1:${port}/${ACCOUNT}/${container}?${signature.toString()}`;
  }

  /** Writes the file that a gateway has mounted. */
  writeSasFile(path: string, port: number, options?: SignatureOptions): void {
    writeFileSync(path, `${this.address(port, options)}\n`);
  }

  /** Everything below a folder. */
  async blobs(prefix: string): Promise<BlobText[]> {
    const found: BlobText[] = [];
    for await (const { name } of this.container.listBlobsFlat({ prefix })) {
      const content = await this.container.getBlobClient(name).downloadToBuffer();
      found.push({ name, text: content.toString() });
    }
    return found;
  }

  /** The records of all CSV files, without headers. */
  async records(): Promise<string[]> {
    const files = await this.blobs('readings/');
    return files.flatMap(({ text }) => text.split('\r\n').slice(1, -1));
  }
}
