/** Where an anomaly came from: its readings, the window, the score, the messages that carried it. */
import type { Anomaly, Sample } from './anomaly.ts';
import type { ToIso } from './instants.ts';
import type { Fact } from './mail-parts.ts';
import { clockTime, counted, dayAndTime, scoreDigits, temperature } from './wording.ts';

/** The lineage as named lines. Message ids: docs/contracts.md. */
export function lineageOf(anomaly: Anomaly, toIso: ToIso): Fact[] {
  return [
    { label: 'Path', value: pathOf(anomaly) },
    { label: isReading(anomaly) ? 'Reading' : 'Average', value: valueOf(anomaly, toIso) },
    { label: 'Window', value: windowOf(anomaly, toIso) },
    { label: 'Score', value: scoreOf(anomaly) },
    { label: 'Message ids', value: messageIdsOf(anomaly, toIso).join(', ') },
  ];
}

/** Readings that a gateway scored one by one; without one, averages are scored. */
function isReading({ gateway }: Anomaly): boolean {
  return gateway !== null;
}

function pathOf({ gateway }: Anomaly): string {
  if (gateway !== null) return `through the gateway ${gateway}, which scored each reading`;
  return 'straight to IoT Hub, scored there as averages of 30 seconds';
}

function valueOf({ seq, temp, atMs }: Anomaly, toIso: ToIso): string {
  const number = seq === null ? '' : `number ${seq}, `;
  return `${number}${temperature(temp)} at ${toIso(atMs)}`;
}

function windowOf({ recent, historySize, usual, gateway }: Anomaly, toIso: ToIso): string {
  const what = gateway === null ? 'averages' : 'readings';
  const size =
    historySize === null ? '' : `judged by the ${what} before it, history size ${historySize}`;
  const expected = usual === null ? '' : `usual then: ${temperature(usual)}`;
  const shown = shownOf(recent, what.slice(0, -1), toIso);
  return [size, expected, shown].filter((part) => part !== '').join('; ') || 'not reported';
}

function shownOf(recent: readonly Sample[], what: string, toIso: ToIso): string {
  const [first] = recent;
  const last = recent.at(-1);
  if (first === undefined || last === undefined) return '';
  const period = `${dayAndTime(toIso(first.atMs))} to ${clockTime(toIso(last.atMs))} UTC`;
  return `${counted(recent.length, what, `${what}s`)} travelled with it, ${period}`;
}

function scoreOf({ score, confidence }: Anomaly): string {
  const setting = confidence === null ? '' : `, confidence ${confidence} %`;
  return `p-value ${scoreDigits(score)}${setting}`;
}

function messageIdsOf({ meterId, seq, atMs, gateway }: Anomaly, toIso: ToIso): string[] {
  if (gateway === null) return [`none of its own: row of ${meterId} at ${toIso(atMs)}`];
  if (seq === null) return [`anomaly/${meterId}/${toIso(atMs)}`];
  return [`anomaly/${meterId}/${seq}`, `reading/${meterId}/${seq}`];
}
