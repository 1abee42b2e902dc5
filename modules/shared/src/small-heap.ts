/**
 * Keeps the memory of a module near to what it uses, for gateways have little.
 *
 * Left alone, V8 lets the heap grow to several times what is in use before it collects, and hardly collects at all
 * in a module at rest, which keeps whatever its last busy minute needed.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock } from './clock.ts';

/** A fifth: megabytes less under load, for two to three per cent more of the processor's time. */
const GROWTH_PERCENT = 20;
const LOOK_EVERY_MS = 1_000;
/** Processor time between two looks; what a module does without input takes less. */
const BUSY_MS = 100;
/** So many quiet looks are a rest; V8 makes the young generation small, too, after 5 s of few allocations. */
const QUIET_LOOKS = 6;

/** Work since the last collection that is worth another, also when it was done little by little. */
const WORK_MS = 500;

/** What resting is seen by, and what is done then. */
export interface HeapParts {
  /** Processor time that the process has had, milliseconds. */
  processorMs(): number;
  collect(): void;
}

/** From now on the heap is collected when it has grown by a fifth since it was last. */
export function limitHeapGrowth(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}

/** Collects whenever the process comes to rest after work; returns what ends that. */
export function giveBackAtRest(clock: Clock, parts: HeapParts = SYSTEM_PARTS): () => void {
  let collectedMs = Number.NEGATIVE_INFINITY;
  let beforeMs = parts.processorMs();
  let quietLooks = 0;
  return clock.every(LOOK_EVERY_MS, () => {
    const processorMs = parts.processorMs();
    quietLooks = processorMs - beforeMs > BUSY_MS ? 0 : quietLooks + 1;
    beforeMs = processorMs;
    if (quietLooks < QUIET_LOOKS || processorMs - collectedMs < WORK_MS) return;
    parts.collect();
    // Collecting is no work.
    collectedMs = parts.processorMs();
    beforeMs = collectedMs;
    quietLooks = 0;
  });
}

/** Collects everything, and moves what remains together so that whole pages come free. Takes some 20 ms. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  setFlagsFromString('--compact-on-every-full-gc');
  runInNewContext('gc()');
  setFlagsFromString('--no-compact-on-every-full-gc');
}

const SYSTEM_PARTS: HeapParts = {
  processorMs: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
  collect: collectGarbage,
};
