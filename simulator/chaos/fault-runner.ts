/**
 * Does the planned faults to a running system, several at a time.
 *
 * Invariants:
 * - one fault at a time on each target, until it serves again;
 * - when `run` ends nothing is stopped, held, cut or full any more;
 * - a log is torn only while its process is gone for certain, and only behind the last commit.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { readFileSync, statSync } from 'node:fs';
import { Random, seedFrom } from '../../modules/meter-simulator/src/core/random.ts';
import { MODULES } from '../proof/faults.ts';
import type { ProofSystem } from '../proof/proof-system.ts';
import type { SystemWatch } from '../proof/system-watch.ts';
import { insist, waitUntil } from '../proof/wait-until.ts';
import {
  killsIn,
  TARGETS,
  type Fault,
  type FaultKind,
  type ModuleTarget,
  type PlannedFault,
  type Target,
} from './core/fault-plan.ts';
import type { SmallDisks } from './small-disks.ts';
import { tearLogs, type TornEnd } from './tear-logs.ts';
import {
  edgeHubVictim,
  holdRunning,
  killAndWait,
  moduleVictim,
  soon,
  type Victim,
} from './victims.ts';

/** What a fault has hit and how it went on. */
export interface FaultRecord {
  readonly kind: FaultKind;
  readonly target: Target | 'link' | 'edge-agent';
  readonly kills: number;
  /** Of the kills, those that found messages on their way to or from the target. */
  readonly killsInWork: number;
  /** Whether the fault was felt: work waited for it, or a write was refused. */
  readonly wasFelt: boolean;
  /** From the fault's end until the target serves again. */
  readonly recoveryMs: number;
  readonly tornEnds: readonly TornEnd[];
}

type Outcome = Pick<FaultRecord, 'killsInWork' | 'wasFelt'> & { readonly tornEnds?: TornEnd[] };

const RECOVERY_PATIENCE_MS = 180_000;
const LOOK_EVERY_MS = 100;
const REFILL_EVERY_MS = 250;
const LOOK_AT_CUT_MS = 200;
/** Faults in line that may overtake others. */
const LOOK_AHEAD = 12;
/** What SQLite and the system say of a disk without room. */
const DISK_FULL = /database or disk is full|SQLITE_FULL|ENOSPC/;

export interface FaultRunnerOptions {
  readonly running: ProofSystem;
  /** Absent where none can be mounted; then no disk gets full. */
  readonly disks: SmallDisks | undefined;
  readonly seed: number;
  readonly beforeFault: () => Promise<unknown>;
  readonly recovered: (record: FaultRecord) => void;
}

export class FaultRunner {
  readonly #options: FaultRunnerOptions;
  readonly #victims: ReadonlyMap<Target, Victim>;
  readonly #random: Random;
  /** Under a fault now. */
  readonly #used = new Set<FaultRecord['target']>();
  #failure: Error | undefined;

  constructor(options: FaultRunnerOptions) {
    this.#options = options;
    this.#random = new Random(seedFrom(`${options.seed}/tears`));
    const isUsed = (module: ModuleTarget) => this.#used.has(module);
    this.#victims = new Map(
      TARGETS.map((name) => [
        name,
        name === 'edge-hub'
          ? edgeHubVictim(options.running, isUsed)
          : moduleVictim(options.running, name),
      ]),
    );
  }

  /** Does all faults, and resolves when everything serves again. @throws Error when it does not */
  async run(plan: readonly PlannedFault[]): Promise<FaultRecord[]> {
    const { disks, beforeFault } = this.#options;
    const waiting = plan.filter(({ fault }) => fault.kind !== 'full disk' || disks !== undefined);
    const underway: Promise<FaultRecord>[] = [];
    while (waiting.length > 0) {
      const fault = await this.#nextFault(waiting);
      if (fault === undefined) break;
      await beforeFault();
      const record = this.#do(fault);
      record.catch((error: unknown) => {
        this.#failure ??= error instanceof Error ? error : new Error(String(error));
      });
      underway.push(record);
    }
    await Promise.allSettled(underway);
    return Promise.all(underway);
  }

  /**
   * Waits for the pause of the first fault in line, and then for one whose target serves: one of the
   * next few, so that a target that is slow to return holds up nothing but itself.
   */
  async #nextFault(waiting: PlannedFault[]): Promise<Fault | undefined> {
    await delay(waiting[0]?.pauseMs);
    while (this.#failure === undefined) {
      const index = waiting.slice(0, LOOK_AHEAD).findIndex(({ fault }) => this.#isFree(fault));
      const [planned] = index < 0 ? [] : waiting.splice(index, 1);
      if (planned === undefined) {
        await delay(LOOK_EVERY_MS / 4);
        continue;
      }
      this.#used.add(targetOf(planned.fault));
      return planned.fault;
    }
    return undefined;
  }

  /** A dead edgeAgent could not start anything again, so its end comes alone. */
  #isFree(fault: Fault): boolean {
    const target = targetOf(fault);
    if (this.#used.has(target) || this.#used.has('edge-agent')) return false;
    return target !== 'edge-agent' || this.#isQuiet();
  }

  #isQuiet(): boolean {
    return TARGETS.every((target) => target === 'edge-hub' || !this.#used.has(target));
  }

  async #do(fault: Fault): Promise<FaultRecord> {
    const target = targetOf(fault);
    try {
      const outcome = await this.#strike(fault);
      const endedAt = performance.now();
      await this.#recovery(target);
      const record = {
        kind: fault.kind,
        target,
        kills: killsIn(fault),
        tornEnds: [],
        ...outcome,
        recoveryMs: performance.now() - endedAt,
      };
      this.#options.recovered(record);
      return record;
    } finally {
      this.#used.delete(target);
    }
  }

  #strike(fault: Fault): Promise<Outcome> {
    switch (fault.kind) {
      case 'kill':
        return this.#kill(this.#victim(fault.target), () => delay(fault.downMs));
      case 'kill at start':
        return this.#killAtStart(this.#victim(fault.target), fault.livedMs);
      case 'torn write':
        return this.#tear(fault);
      case 'stop':
        return this.#stop(this.#victim(fault.target), fault.forMs);
      case 'full disk':
        return this.#fillDisk(this.#victim(fault.target), fault.forMs);
      case 'cut link':
        return this.#cut(fault.forMs);
      case 'kill of edgeAgent':
        return this.#killEdgeAgent();
    }
  }

  async #kill(victim: Victim, meanwhile: () => unknown): Promise<Outcome> {
    const pid = await holdRunning(victim);
    const wasFelt = await victim.hasWork();
    await killAndWait(pid);
    try {
      await meanwhile();
    } finally {
      await victim.release();
    }
    return { killsInWork: wasFelt ? 1 : 0, wasFelt };
  }

  async #killAtStart(victim: Victim, livedMs: readonly number[]): Promise<Outcome> {
    let { killsInWork } = await this.#kill(victim, () => undefined);
    for (const lived of livedMs) {
      await delay(lived);
      killsInWork += (await this.#kill(victim, () => undefined)).killsInWork;
    }
    return { killsInWork, wasFelt: killsInWork > 0 };
  }

  async #tear({ target, tear }: Extract<Fault, { kind: 'torn write' }>): Promise<Outcome> {
    const victim = this.#victim(target);
    const tornEnds: TornEnd[] = [];
    const outcome = await this.#kill(victim, () =>
      tornEnds.push(...tearLogs(victim.folder, tear, this.#random)),
    );
    return { ...outcome, tornEnds };
  }

  async #stop(victim: Victim, forMs: number): Promise<Outcome> {
    const pid = await holdRunning(victim);
    await victim.release();
    process.kill(pid, 'SIGSTOP');
    await delay(forMs);
    const wasFelt = await victim.hasWork();
    process.kill(pid, 'SIGCONT');
    return { killsInWork: 0, wasFelt };
  }

  async #fillDisk({ folder, logFile }: Victim, forMs: number): Promise<Outcome> {
    const { disks } = this.#options;
    if (disks === undefined) throw new Error('There is no disk that could get full.');
    const logged = statSync(logFile).size;
    const until = performance.now() + forMs;
    while (performance.now() < until) {
      disks.fill(folder);
      await delay(REFILL_EVERY_MS);
    }
    disks.free(folder);
    const wasFelt = DISK_FULL.test(readFileSync(logFile).subarray(logged).toString('utf8'));
    return { killsInWork: 0, wasFelt };
  }

  async #cut(forMs: number): Promise<Outcome> {
    const { watch } = this.#options.running;
    await insist('cutting the link', () => watch.cutLink());
    const until = performance.now() + forMs;
    let wasFelt = false;
    while (performance.now() < until) {
      await delay(Math.min(LOOK_AT_CUT_MS, until - performance.now()));
      // Who is being killed does not answer: then nobody knows, and the next look may tell.
      wasFelt ||= await isBehind(watch).catch(() => false);
    }
    await insist('mending the link', () => watch.mendLink());
    return { killsInWork: 0, wasFelt };
  }

  async #killEdgeAgent(): Promise<Outcome> {
    this.#options.running.system.kill('edge-agent');
    await delay(LOOK_EVERY_MS);
    return { killsInWork: 0, wasFelt: true };
  }

  async #recovery(target: FaultRecord['target']): Promise<void> {
    const { watch } = this.#options.running;
    const serves = async () => {
      if (target === 'edge-agent')
        return (await watch.modulePids()).size === MODULES.length || undefined;
      if (target === 'link') return (await watch.edgeHub()).upstream.connected || undefined;
      return soon(this.#victim(target).answer());
    };
    const what = `${target} serving again`;
    await waitUntil(serves, { what, patienceMs: RECOVERY_PATIENCE_MS, everyMs: LOOK_EVERY_MS });
  }

  #victim(name: Target): Victim {
    const victim = this.#victims.get(name);
    if (victim === undefined) throw new Error(`There is no ${name}.`);
    return victim;
  }
}

/** Whether anything waits for the link. */
async function isBehind(watch: SystemWatch): Promise<boolean> {
  if ((await watch.edgeHub()).upstream.queued > 0) return true;
  return (await watch.module('store-and-forward')).backlogReadings > 0;
}

function targetOf(fault: Fault): FaultRecord['target'] {
  if (fault.kind === 'cut link') return 'link';
  return fault.kind === 'kill of edgeAgent' ? 'edge-agent' : fault.target;
}
