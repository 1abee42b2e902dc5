/** An inspection as text for a terminal. */
import { ownBytes, type Inspection, type Part } from './inspection.ts';
import { age, count, instant, printable, size, tableLines, type Paint } from './terminal.ts';

/** The whole inspection, ready to print. */
export function inspectionText(inspection: Inspection, paint: Paint): string {
  const { path, isRunning, schemaVersion, atMs } = inspection;
  const state = isRunning ? paint.good('running') : 'stopped';
  const sections = [
    [`${paint.strong(path)}  ${state}, schema ${schemaVersion}`],
    [paint.strong('Waiting'), ...waitingLines(inspection.waiting, atMs, paint)],
    section('Delivered, kept to be sent again', inspection.delivered, paint, (kinds) =>
      deliveredLines(kinds, paint),
    ),
    section('Readings since installation', inspection.progress, paint, pairLines),
    section('Recognised when they come again', inspection.memory, paint, memoryLines),
    section('Losses not told yet', inspection.losses, paint, (losses) =>
      losses.length === 0
        ? NONE
        : tableLines(
            ['count', 'kind', 'meters', 'reason'],
            losses.map((loss) => [
              count(loss.count),
              loss.kind,
              count(loss.meters),
              printable(loss.reason),
            ]),
            paint,
          ),
    ),
    section('Quarantine', inspection.quarantine, paint, (entries) =>
      entries.length === 0
        ? NONE
        : tableLines(
            ['entries', 'latest', 'input', 'reason'],
            entries.map((entry) => [
              count(entry.entries),
              instant(entry.latestMs),
              printable(entry.input),
              printable(entry.reason),
            ]),
            paint,
          ),
    ),
    section('Counters', inspection.counters, paint, pairLines),
    section('Configuration', inspection.configuration, paint, pairLines),
    [paint.strong('Files'), ...fileLines(inspection, paint)],
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

const NONE = ['  none'];

function section<T>(
  title: string,
  found: Part<T>,
  paint: Paint,
  lines: (value: T) => readonly string[],
): string[] {
  if ('unreadable' in found) {
    const problem = paint.bad(`cannot be read: ${printable(found.unreadable)}`);
    return [paint.strong(title), `  ${problem}; check says more`];
  }
  return [paint.strong(title), ...lines(found.value)];
}

function waitingLines(parts: Inspection['waiting'], nowMs: number, paint: Paint): string[] {
  const problems = parts
    .flatMap((part) => ('unreadable' in part ? [part.unreadable] : []))
    .map((problem) => `  ${paint.bad(`cannot be read: ${printable(problem)}`)}; check says more`);
  const kinds = parts.flatMap((part) => ('value' in part ? part.value : []));
  if (kinds.length === 0) return problems.length > 0 ? problems : ['  nothing'];
  const headings = ['kind', 'where', 'priority', 'rows', 'entries', 'size', 'age', 'from', 'to'];
  const rows = kinds.map((kind) => [
    printable(kind.kind),
    kind.place,
    kind.priority === undefined ? '–' : String(kind.priority),
    count(kind.rows),
    count(kind.entries),
    size(kind.bytes),
    age(kind.sinceMs === undefined ? undefined : nowMs - kind.sinceMs),
    instant(kind.oldestMs),
    instant(kind.newestMs),
  ]);
  return [...problems, ...tableLines(headings, rows, paint)];
}

type DeliveredKinds = Extract<Inspection['delivered'], { value: unknown }>['value'];

function deliveredLines(kinds: DeliveredKinds, paint: Paint): readonly string[] {
  if (kinds.length === 0) return NONE;
  const rows = kinds.map((kind) => [
    printable(kind.kind),
    count(kind.blocks),
    count(kind.messages),
    size(kind.bytes),
    instant(kind.fromMs),
    instant(kind.toMs),
  ]);
  return tableLines(['kind', 'blocks', 'messages', 'size', 'from', 'to'], rows, paint);
}

function memoryLines({ meters, meterBytes, results }: Readonly<Record<string, number>>): string[] {
  return pairLines({ meters, 'meters (bytes)': meterBytes, 'averages and anomalies': results });
}

/** Names and values in two columns. */
function pairLines(pairs: Readonly<Record<string, unknown>>): string[] {
  const entries = Object.entries(pairs);
  if (entries.length === 0) return NONE;
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries.map(([name, value]) => `  ${name.padEnd(width)}  ${valueText(value)}`);
}

function valueText(value: unknown): string {
  if (typeof value === 'number') return count(value);
  return printable(typeof value === 'string' ? value : JSON.stringify(value));
}

function fileLines({ files, configuration }: Inspection, paint: Paint): string[] {
  const rows = Object.entries(files).map(([name, bytes]) => [size(bytes), name]);
  const total = ownBytes(files);
  const limit = 'value' in configuration ? configuration.value['maxDiskBytes'] : undefined;
  const share =
    typeof limit === 'number'
      ? `, ${((100 * total) / limit).toFixed(1)} % of maxDiskBytes (${size(limit)})`
      : '';
  return [...tableLines(['size', 'file'], rows, paint), `  ${size(total)} together${share}`];
}
