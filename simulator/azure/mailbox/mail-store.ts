/**
 * The mails of the local mailbox, one file per copy: `<mail id>.<number>.eml`.
 *
 * Invariants:
 * - a mail is on disk when `add` resolves, and is there after a restart;
 * - mails with the same Message-ID are one mail with several copies; the first copy is shown;
 * - it holds `maxMails` mails at most: the oldest make room.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { simpleParser, type AddressObject, type ParsedMail } from 'mailparser';

/** A mail as a list of mails shows it. */
export interface MailSummary {
  /** Hexadecimal; the same for every mail with the same Message-ID. */
  readonly id: string;
  readonly subject: string;
  /** The first line of its text: mails of one thread have the same subject. */
  readonly preview: string;
  /** Value of `X-Incident`, or null for mails that are of no incident. */
  readonly incident: string | null;
  readonly from: string;
  readonly to: string;
  /** When the first copy came, epoch milliseconds. */
  readonly receivedMs: number;
  /** How often it came. */
  readonly copies: number;
}

/** A mail with its bodies. */
export interface MailContent extends MailSummary {
  readonly text: string;
  /** Foreign HTML: show it in a sandboxed frame only. Null when the mail has none. */
  readonly html: string | null;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
}

/** Mails that are kept unless told otherwise: tens of megabytes. */
const MAX_MAILS = 1_000;
/** Characters of a mail that a list of mails shows. */
const MAX_PREVIEW = 200;
/** What a write that a kill interrupted leaves behind. */
const UNFINISHED = '.unfinished';
const COPY_FILE = /^([0-9a-f]{32})\.(\d+)\.eml$/;
/** Written before the mail itself, so that the time it came survives a restart. */
const RECEIVED_HEADER = 'X-Mailbox-Received-Ms';

export class MailStore {
  readonly #folder: string;
  readonly #maxMails: number;
  readonly #mails = new Map<string, MailSummary>();
  /** Ends with the write under way: copies get their numbers one after the other. */
  #lastWrite: Promise<unknown> = Promise.resolve();

  constructor(folder: string, { maxMails = MAX_MAILS } = {}) {
    this.#folder = folder;
    this.#maxMails = maxMails;
  }

  /** Reads the folder, making it when it is missing; what was not written to its end is removed. */
  async load(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const names = await readdir(this.#folder);
    for (const name of names.filter((candidate) => candidate.endsWith(UNFINISHED))) {
      await rm(join(this.#folder, name), { force: true });
    }
    const copies = names.flatMap((name) => {
      const [, id, number] = COPY_FILE.exec(name) ?? [];
      return id === undefined ? [] : [{ id, number: Number(number) }];
    });
    for (const { id, number } of copies.toSorted((a, b) => a.number - b.number)) {
      const known = this.#mails.get(id);
      if (known !== undefined) this.#mails.set(id, { ...known, copies: known.copies + 1 });
      else this.#mails.set(id, summarise(id, await this.#parse(id, number)));
    }
    await this.#makeRoom();
  }

  /** Keeps a mail; it is on disk when this resolves. */
  add(mail: Buffer, receivedMs: number): Promise<MailSummary> {
    const added = this.#lastWrite.then(() => this.#write(mail, receivedMs));
    this.#lastWrite = added.catch(() => undefined);
    return added;
  }

  /** All mails, the newest first. */
  list(): MailSummary[] {
    return [...this.#mails.values()].toSorted((a, b) => b.receivedMs - a.receivedMs);
  }

  /** One mail with its bodies, or undefined when there is none with this id. */
  async read(id: string): Promise<MailContent | undefined> {
    const summary = this.#mails.get(id);
    if (summary === undefined) return undefined;
    const parsed = await this.#parse(id, 1);
    return {
      ...summary,
      text: parsed.text ?? '',
      html: parsed.html || null,
      headers: parsed.headerLines
        .filter(({ key }) => key !== RECEIVED_HEADER.toLowerCase())
        .map(({ key, line }) => ({ name: key, value: line.slice(line.indexOf(':') + 1).trim() })),
    };
  }

  /** The bytes of a mail as they came, or undefined when there is none with this id. */
  async raw(id: string): Promise<Buffer | undefined> {
    if (!this.#mails.has(id)) return undefined;
    const stored = await readFile(this.#path(id, 1));
    return stored.subarray(stored.indexOf('\n') + 1);
  }

  /** Removes a mail with all its copies; false when there is none with this id. */
  async remove(id: string): Promise<boolean> {
    const summary = this.#mails.get(id);
    if (summary === undefined) return false;
    this.#mails.delete(id);
    // The first copy last: were the others left alone after a crash, they would have no first.
    for (let number = summary.copies; number > 0; number -= 1) {
      await rm(this.#path(id, number), { force: true });
    }
    return true;
  }

  async #write(mail: Buffer, receivedMs: number): Promise<MailSummary> {
    const stored = Buffer.concat([Buffer.from(`${RECEIVED_HEADER}: ${receivedMs}\r\n`), mail]);
    const parsed = await simpleParser(stored);
    const id = createHash('sha256')
      .update(parsed.messageId ?? mail)
      .digest('hex')
      .slice(0, 32);
    const known = this.#mails.get(id);
    const summary =
      known === undefined ? summarise(id, parsed) : { ...known, copies: known.copies + 1 };
    await writeDurably(this.#folder, this.#path(id, summary.copies), stored);
    this.#mails.set(id, summary);
    await this.#makeRoom();
    return summary;
  }

  async #makeRoom(): Promise<void> {
    for (const { id } of this.list().slice(this.#maxMails)) await this.remove(id);
  }

  async #parse(id: string, number: number): Promise<ParsedMail> {
    return simpleParser(await readFile(this.#path(id, number)));
  }

  /** `id` is one of our own: it comes from the list of mails, never from a request. */
  #path(id: string, number: number): string {
    return join(this.#folder, `${id}.${number}.eml`);
  }
}

function summarise(id: string, mail: ParsedMail): MailSummary {
  const received = mail.headers.get(RECEIVED_HEADER.toLowerCase());
  const incident = mail.headers.get('x-incident');
  return {
    id,
    subject: mail.subject ?? '(no subject)',
    preview: previewOf(mail.text ?? ''),
    incident: typeof incident === 'string' ? incident : null,
    from: mail.from?.text ?? '',
    to: addressText(mail.to),
    receivedMs: Number(typeof received === 'string' ? received : 0),
    copies: 1,
  };
}

function previewOf(text: string): string {
  const [first = ''] = text.split('\n').filter((line) => line.trim() !== '');
  return first.trim().slice(0, MAX_PREVIEW);
}

function addressText(addresses: AddressObject | AddressObject[] | undefined): string {
  if (addresses === undefined) return '';
  return Array.isArray(addresses) ? addresses.map(({ text }) => text).join(', ') : addresses.text;
}

/** The file is there with all its bytes after a power cut, or not at all. */
async function writeDurably(folder: string, path: string, content: Buffer): Promise<void> {
  const unfinished = join(folder, `${randomUUID()}${UNFINISHED}`);
  const file = await open(unfinished, 'w', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
  const directory = await open(folder, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
