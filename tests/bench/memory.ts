/** What each module takes of the machine's memory, bundled and with the manifest's heap flags. */
import { BenchGateway, PATH_MODULES } from './gateway/bench-gateway.ts';
import type { Watched } from './gateway/jobs.ts';
import { pause } from './gateway/pause.ts';
import { residentMebibytes } from './gateway/process-usage.ts';
import type { Row } from './table.ts';

const SECTION = 'memory, mebibytes resident (bundled, with the heap flags of the manifest)';
const METERS = 10_000;
/** Enough that every detector has learnt, and every averager has closed windows. */
const READINGS_EACH = 60;
/** Longer than modules take to find themselves at rest, which is when they give memory back. */
const SETTLE_MS = 15_000;
const MOST_IDLE = 90;
const MOST_LOADED = 110;
/** What goes in last would else wait for a minute before the run could end. */
const DESIRED = { 'store-and-forward': { maxDelaySeconds: 1 } };
const LOAD = {
  kind: 'load',
  meters: METERS,
  batch: 100,
  of: 'many meters',
  warmUpMs: 2_000,
  measureMs: 10_000,
  mostQueued: 1_000,
} as const;

/** Just started; with ten thousand meters, idle; under full load. */
export async function memoryRows(bundles: string, say: (text: string) => void): Promise<Row[]> {
  const gateway = await BenchGateway.start({
    faithful: false,
    bundles,
    modules: PATH_MODULES,
    desired: DESIRED,
  });
  try {
    await pause(SETTLE_MS);
    const started = residentOf(gateway.pids);
    say(`memory: ${METERS} meters`);
    await gateway.run<'fill'>({ kind: 'fill', meters: METERS, readingsEach: READINGS_EACH });
    await pause(SETTLE_MS);
    const idle = residentOf(gateway.pids);
    say('memory: full load');
    const loaded = await gateway.run<'load'>({ ...LOAD, watched: gateway.pids });
    return [
      row('just started', started),
      { ...row(`${METERS} meters, idle`, idle), ...verdict(idle, MOST_IDLE) },
      {
        ...row(`${METERS} meters, full load, at most`, loaded.residentMebibytes),
        ...verdict(loaded.residentMebibytes, MOST_LOADED),
      },
    ];
  } finally {
    await gateway.stop();
  }
}

type Resident = Readonly<Record<string, number>>;

function residentOf(pids: Watched): Resident {
  const entries = Object.entries(pids).map(([name, pid]) => [name, residentMebibytes(pid)]);
  return Object.fromEntries(entries) as Resident;
}

function modulesOf(resident: Resident): number[] {
  return PATH_MODULES.map((id) => resident[id] ?? Number.NaN);
}

function row(what: string, resident: Resident): Row {
  const faithful = PATH_MODULES.map((id) => `${id} ${resident[id]?.toFixed(0)}`).join(', ');
  return { section: SECTION, what, faithful };
}

function verdict(resident: Resident, most: number): Pick<Row, 'aim' | 'isMet'> {
  return { aim: `each ${most}`, isMet: modulesOf(resident).every((value) => value <= most) };
}
