/**
 * Labelled series from public data sets, where a copy lies beside the project.
 *
 * Merlion's synthetic spikes and dips (salesforce/Merlion, data/synthetic_anomaly): CSV of timestamp,
 * value, anomaly. Numenta's benchmark (numenta/NAB, data/realKnownCause, with labels/combined_windows.json):
 * CSV of timestamp, value, and windows with an anomaly somewhere in them.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

export interface LabelledSeries {
  readonly name: string;
  readonly values: readonly number[];
  /** First position of each labelled event, and the position after its last. */
  readonly events: readonly (readonly [number, number])[];
}

const Windows = z.record(z.string(), z.array(z.tuple([z.string(), z.string()])));

/** The six series of spikes and dips; none when the folder is not there. */
export function merlionSeries(folder: string): LabelledSeries[] {
  return csvFiles(folder).map((file) => {
    const rows = rowsOf(join(folder, file));
    const labels = rows.map(([, , label]) => Number(label) > 0);
    const values = rows.map(([, value]) => Number(value));
    return { name: file.replace('_anomaly.csv', ''), values, events: runsOf(labels) };
  });
}

/** The series named in windows.json; none when the folder is not there. */
export function nabSeries(folder: string): LabelledSeries[] {
  const labels = join(folder, 'windows.json');
  if (!existsSync(labels)) return [];
  const windows = Windows.parse(JSON.parse(readFileSync(labels, 'utf8')));
  return Object.entries(windows).map(([file, spans]) => {
    const rows = rowsOf(join(folder, file));
    const times = rows.map(([time = '']) => Date.parse(`${time}Z`));
    const events = spans.map(([from, to]): [number, number] => [
      times.findIndex((time) => time >= Date.parse(`${from}Z`)),
      times.findLastIndex((time) => time <= Date.parse(`${to}Z`)) + 1,
    ]);
    return {
      name: file.replace('.csv', ''),
      values: rows.map(([, value]) => Number(value)),
      events,
    };
  });
}

function csvFiles(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.csv')) : [];
}

function rowsOf(path: string): string[][] {
  const [, ...lines] = readFileSync(path, 'utf8').trim().split('\n');
  return lines.map((line) => line.trim().split(','));
}

function runsOf(labels: readonly boolean[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const [position, isLabelled] of labels.entries()) {
    if (!isLabelled) continue;
    const last = runs.at(-1);
    if (last?.[1] === position) last[1] = position + 1;
    else runs.push([position, position + 1]);
  }
  return runs;
}
