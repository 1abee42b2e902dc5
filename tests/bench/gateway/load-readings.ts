/** Readings of many meters, one after another, as JSON texts. */

const INTERVAL_MS = 10_000;
const USUAL_F = 70;
/** Noise without memory, made once: its making is not what is measured. */
const NOISE = Array.from({ length: 4_096 }, (_, index) => {
  const [a, b] = [pseudoRandom(2 * index), pseudoRandom(2 * index + 1)];
  return 0.5 * Math.sqrt(-2 * Math.log(1 - a)) * Math.cos(2 * Math.PI * b);
});

/** What travels in one message. */
export interface Batching {
  readonly meters: number;
  /** Readings in a message. */
  readonly batch: number;
  /** Of one meter, as one sends what it could not send before; or each of another. */
  readonly of: 'one meter' | 'many meters';
}

export class LoadReadings {
  readonly #batching: Batching;
  readonly #nextSeq: Int32Array;
  readonly #baseMs: number;
  #meter = 0;
  #made = 0;

  /** @param baseMs instant of each meter's first reading */
  constructor(batching: Batching, baseMs: number) {
    this.#batching = batching;
    this.#nextSeq = new Int32Array(batching.meters);
    this.#baseMs = baseMs;
  }

  /** Readings made so far. */
  get made(): number {
    return this.#made;
  }

  /** Body of the next message. */
  next(): string {
    const { meters, batch, of } = this.#batching;
    if (batch === 1) return this.reading(this.#nextMeter());
    const texts: string[] = [];
    if (of === 'one meter') {
      const meter = this.#nextMeter();
      for (let index = 0; index < batch; index += 1) texts.push(this.reading(meter));
    } else {
      for (let index = 0; index < Math.min(batch, meters); index += 1) {
        texts.push(this.reading(this.#nextMeter()));
      }
    }
    return `[${texts.join(',')}]`;
  }

  /** A meter's next reading; `offset` puts it so far off what is usual, degrees Fahrenheit. */
  reading(meter: number, offset = 0): string {
    const seq = this.#nextSeq[meter] ?? 0;
    this.#nextSeq[meter] = seq + 1;
    this.#made += 1;
    const noise = NOISE[(seq * 31 + meter * 977) % NOISE.length] ?? 0;
    const time = new Date(this.#baseMs + seq * INTERVAL_MS).toISOString();
    const temp = (USUAL_F + noise + offset).toFixed(2);
    return `{"id":"${meterId(meter)}","time":"${time}","temp":${temp},"seq":${seq}}`;
  }

  /** Sequence number of a meter's latest reading. */
  latestSeq(meter: number): number {
    return (this.#nextSeq[meter] ?? 0) - 1;
  }

  #nextMeter(): number {
    const meter = this.#meter;
    this.#meter = (meter + 1) % this.#batching.meters;
    return meter;
  }
}

/** Name of the meter with a number from 0. */
export function meterId(meter: number): string {
  return `Meter${String(meter).padStart(6, '0')}`;
}

/** The same in every run, 0 to 1. */
function pseudoRandom(index: number): number {
  const mixed = Math.imul(index + 1, 0x9e3779b1) ^ (index << 7);
  return ((Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b) >>> 8) % 1_000_003) / 1_000_003;
}
