/**
 * Follows the level and slope of a series, and tells where a step may have begun.
 *
 * Invariants:
 * - a tracker restored from its state goes on as the one that made it;
 * - after `correct`, level, slope and surprises are as if the step had been known beforehand.
 *
 * Source: Holt's linear trend, started as a growing-memory filter, so that the first values count in
 * full; surprises are made independent with their own correlation before steps are looked for.
 */
import { Noise } from './noise.ts';
import { stepSignature, type StepSignature, type TrackerKind } from './step-signature.ts';

/** The likeliest step that ends at the latest value. */
export interface StepCandidate {
  /** Size in standard deviations of what is known of it. */
  readonly z: number;
  /** Size in the unit of the series. */
  readonly size: number;
  /** Values since it began; 0 is the latest value itself. */
  readonly age: number;
}

/** After a step the tracker follows as quickly as one that has seen so many values. */
const FOLLOWED_AFTER_STEP = 30;
/** Signatures are made anew when the correlation of surprises has changed by so much. */
const CARRY_STEP = 0.01;
/** A constant series has no noise of its own. */
const SMALLEST_DEVIATION = 1e-6;

export class LevelTracker {
  readonly #kind: TrackerKind;
  readonly #noise: Noise;
  #signature: StepSignature;
  #carry = 0;
  #level = 0;
  #slope = 0;
  #followed = 0;
  /** Those of the value followed last: larger than a settled tracker's for a while. */
  #lastGains = { level: 0, slope: 0 };
  #surprise = 0;
  #before = 0;
  /** Newest last; what is new in each. */
  readonly #fresh: number[];
  /** By age: how well the surprises since then match a step that began then. */
  readonly #matches: number[];
  #count = 0;

  constructor(kind: TrackerKind, noiseMemory: number) {
    this.#kind = kind;
    this.#noise = new Noise(noiseMemory);
    this.#signature = kind.signature;
    // Plain arrays: a typed one takes 200 bytes beside its numbers, and there are many meters.
    this.#fresh = kind.response.level.map(() => 0);
    this.#matches = kind.response.level.map(() => 0);
  }

  /** Standard deviation of what is new in a surprise. */
  get deviation(): number {
    return Math.max(this.#noise.deviation, SMALLEST_DEVIATION);
  }

  /** What the next value is expected to be; NaN before the first. */
  get expected(): number {
    return this.#followed === 0 ? Number.NaN : this.#level + this.#slope;
  }

  /** Follows one value. */
  follow(value: number): void {
    this.#followed += 1;
    if (this.#followed === 1) {
      this.#level = value;
      this.#slope = 0;
      return;
    }
    this.#renewSignature();
    const forecast = this.#level + this.#slope;
    this.#before = this.#surprise;
    this.#surprise = value - forecast;
    this.#lastGains = { level: this.#levelGain(), slope: this.#slopeGain() };
    this.#level = forecast + this.#lastGains.level * this.#surprise;
    this.#slope += this.#lastGains.slope * this.#surprise;
    this.#push(this.#surprise - this.#carry * this.#before);
  }

  /** The likeliest step up to the value followed last. */
  candidate(): StepCandidate {
    const { energy } = this.#signature;
    let age = 0;
    let best = 0;
    for (let since = 0; since < this.#count; since += 1) {
      const match = this.#matches[since] ?? 0;
      const likelihood = (match * match) / (energy[since] ?? 1);
      if (likelihood <= best) continue;
      best = likelihood;
      age = since;
    }
    const size = (this.#matches[age] ?? 0) / (energy[age] ?? 1);
    return { z: (Math.sign(size) * Math.sqrt(best)) / this.deviation, size, age };
  }

  /** Takes a step over at once instead of following it. */
  correct({ size, age }: Pick<StepCandidate, 'size' | 'age'>): void {
    const known = Math.min(age, this.#kind.shape.reach - 1);
    const followed = known === 0 ? this.#lastGains : this.#responseAt(known);
    this.#level += size * (1 - followed.level);
    this.#slope -= size * followed.slope;
    this.#surprise -= size * (this.#kind.response.surprise[known] ?? 0);
    const first = this.#fresh.length - 1 - known;
    for (let step = 0; step <= known; step += 1) {
      if (first + step < this.#fresh.length - this.#count) continue;
      const shape = this.#signature.shape[step] ?? 0;
      this.#fresh[first + step] = (this.#fresh[first + step] ?? 0) - size * shape;
    }
    this.#matchAll();
    this.#followed = Math.min(this.#followed, FOLLOWED_AFTER_STEP);
  }

  /** Learns the noise from the value followed last, after any correction. */
  learn(): void {
    if (this.#count === 0) return;
    this.#noise.learn(this.#fresh.at(-1) ?? 0, this.#surprise, this.#before);
  }

  /** Begins anew with the next value; what is known of the noise stays. */
  restart(): void {
    this.#followed = 0;
    this.#surprise = 0;
    this.#count = 0;
  }

  /** Appends what is remembered. */
  save(numbers: number[]): void {
    numbers.push(this.#level, this.#slope, this.#followed, this.#surprise, this.#carry);
    this.#noise.save(numbers);
    numbers.push(this.#count, ...this.#fresh, ...this.#matches);
  }

  /** Takes back what `save` appended. */
  restore(next: () => number): void {
    this.#level = next();
    this.#slope = next();
    this.#followed = next();
    this.#surprise = next();
    this.#carry = next();
    this.#noise.restore(next);
    this.#count = next();
    for (const index of this.#fresh.keys()) this.#fresh[index] = next();
    for (const index of this.#matches.keys()) this.#matches[index] = next();
    if (this.#carry !== 0) {
      this.#signature = stepSignature(this.#kind.response.surprise, this.#carry);
    }
  }

  /** The best gains for a line through the first values; later the tracker's own. */
  #levelGain(): number {
    const n = this.#followed;
    return Math.max(this.#kind.shape.levelGain, (2 * (2 * n + 1)) / ((n + 1) * (n + 2)));
  }

  #slopeGain(): number {
    const n = this.#followed;
    return Math.max(this.#kind.shape.slopeGain, 6 / ((n + 1) * (n + 2)));
  }

  #responseAt(age: number): { level: number; slope: number } {
    return {
      level: this.#kind.response.level[age] ?? 1,
      slope: this.#kind.response.slope[age] ?? 0,
    };
  }

  #renewSignature(): void {
    const { carry } = this.#noise;
    if (Math.abs(carry - this.#carry) <= CARRY_STEP) return;
    this.#carry = carry;
    this.#signature = stepSignature(this.#kind.response.surprise, carry);
    this.#matchAll();
  }

  #push(value: number): void {
    const { shape } = this.#signature;
    const newest = this.#fresh.length - 1;
    for (let index = 0; index < newest; index += 1)
      this.#fresh[index] = this.#fresh[index + 1] ?? 0;
    this.#fresh[newest] = value;
    this.#count = Math.min(this.#count + 1, this.#fresh.length);
    for (let age = this.#count - 1; age > 0; age -= 1) {
      this.#matches[age] = (this.#matches[age - 1] ?? 0) + (shape[age] ?? 0) * value;
    }
    this.#matches[0] = (shape[0] ?? 0) * value;
  }

  #matchAll(): void {
    const { shape } = this.#signature;
    for (let age = 0; age < this.#count; age += 1) {
      const first = this.#fresh.length - 1 - age;
      let match = 0;
      for (let step = 0; step <= age; step += 1) {
        match += (shape[step] ?? 0) * (this.#fresh[first + step] ?? 0);
      }
      this.#matches[age] = match;
    }
  }
}
