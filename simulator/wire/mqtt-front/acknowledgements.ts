/**
 * The PUBACKs owed to one client.
 *
 * Invariants: they go out in the order in which the messages came (MQTT 3.1.1, section 4.6),
 * whatever the order in which the work on them is done.
 */
export class Acknowledgements {
  readonly #write: (bytes: Buffer) => void;
  readonly #owed: { readonly packetId: number; done: boolean }[] = [];

  constructor(write: (bytes: Buffer) => void) {
    this.#write = write;
  }

  /** Takes note of a message; calling the result means that its work is done. */
  owe(packetId: number): () => void {
    const entry = { packetId, done: false };
    this.#owed.push(entry);
    return () => {
      entry.done = true;
      this.#writeDone();
    };
  }

  #writeDone(): void {
    let count = 0;
    while (this.#owed[count]?.done === true) count += 1;
    if (count === 0) return;
    const bytes = this.#owed.splice(0, count).map(({ packetId }) => puback(packetId));
    this.#write(Buffer.concat(bytes));
  }
}

function puback(packetId: number): Buffer {
  return Buffer.from([0x40, 2, packetId >> 8, packetId & 0xff]);
}
