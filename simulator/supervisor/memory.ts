import { readFileSync } from 'node:fs';

/** Memory of one process, bytes; undefined where the system does not tell (other than Linux). */
export interface ProcessMemory {
  readonly residentBytes: number;
  readonly peakResidentBytes: number;
}

/** Reads what Linux accounts to a process. */
export function processMemory(pid: number): ProcessMemory | undefined {
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return undefined;
  }
  const kibibytes = (field: string) =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
  return {
    residentBytes: kibibytes('VmRSS') * 1024,
    peakResidentBytes: kibibytes('VmHWM') * 1024,
  };
}
