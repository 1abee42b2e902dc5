/** Looks at the processes of a gateway once a second: processor time, memory, queues. */
import { readFileSync } from 'node:fs';
import type { SystemWatch } from '../../../simulator/proof/system-watch.ts';
import { processMemory } from '../../../simulator/supervisor/memory.ts';

/** What one process took. */
export interface ProcessFigures {
  pid: number;
  /** Processes of this name that were seen; more than one is a restart. */
  lives: number;
  processorSeconds: number;
  peakMebibytes: number;
}

const LOOK_EVERY_MS = 1_000;
const MEBIBYTE = 2 ** 20;
const TICKS_PER_SECOND = 100;

export class GatewayWatch {
  readonly #watch: SystemWatch;
  readonly #others: () => ReadonlyMap<string, number>;
  readonly #figures = new Map<string, ProcessFigures & { readonly before: Map<number, number> }>();
  readonly #longest = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #looking = false;

  /** @param others processes that are no modules */
  constructor(watch: SystemWatch, others: () => ReadonlyMap<string, number>) {
    this.#watch = watch;
    this.#others = others;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  get processes(): ReadonlyMap<string, ProcessFigures> {
    return this.#figures;
  }

  /** Most messages that waited in edge-hub, by endpoint. */
  get longestQueues(): ReadonlyMap<string, number> {
    return this.#longest;
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const modules = await this.#watch.modulePids();
      for (const [name, pid] of [...modules, ...this.#others()]) this.#lookAt(name, pid);
      const { endpoints } = await this.#watch.edgeHub();
      for (const { endpoint, queued } of endpoints) {
        this.#longest.set(endpoint, Math.max(this.#longest.get(endpoint) ?? 0, queued));
      }
    } catch {
      // While a process restarts there is nobody to ask; the next look will find it.
    } finally {
      this.#looking = false;
    }
  }

  #lookAt(name: string, pid: number): void {
    const seconds = processorSeconds(pid);
    const known = this.#figures.get(name) ?? {
      pid,
      lives: 1,
      processorSeconds: 0,
      peakMebibytes: 0,
      before: new Map([[pid, seconds]]),
    };
    if (known.pid !== pid) {
      known.pid = pid;
      known.lives += 1;
    }
    const before = known.before.get(pid) ?? 0;
    known.before.set(pid, seconds);
    known.processorSeconds += seconds - before;
    const peak = (processMemory(pid)?.peakResidentBytes ?? 0) / MEBIBYTE;
    known.peakMebibytes = Math.max(known.peakMebibytes, peak);
    this.#figures.set(name, known);
  }
}

/** Processor time that a process has had. Source: proc(5). */
function processorSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field, the name, may hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
