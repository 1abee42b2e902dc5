/** The lists of a mail: meters, and the most anomalous values one by one. */
import type { ToIso } from './instants.ts';
import type { MailModel } from './mail.ts';
import type { List, Row } from './mail-parts.ts';
import type { Tally } from './tally.ts';
import {
  clockTime,
  comparisonOf,
  counted,
  dayAndTime,
  degrees,
  scoreDigits,
  temperature,
} from './wording.ts';

/** Most rows of a list in one mail; it says how many more there are. */
const MAX_ROWS = 20;

/** Which meters, when there is more than one anomaly. */
export function meterList({ news, total, kind, newMeters }: MailModel, toIso: ToIso): List[] {
  const tally = kind === 'all-clear' || kind === 'reminder' ? total : news;
  if (tally.count < 2) return [];
  const named = new Set(newMeters);
  const isNews = kind === 'update';
  const byCount = tally.meters.toSorted((a, b) => b.spikes + b.dips - a.spikes - a.dips);
  const rows = byCount
    .slice(0, MAX_ROWS)
    .map(({ meterId, spikes, dips, late, firstMs, lastMs, lowest, highest }): Row => ({
      left: meterId,
      leftNote: period(firstMs, lastMs, toIso),
      right: `${directions(spikes, dips)}${isNews && named.has(meterId) ? ', new' : ''}`,
      rightNote: `${range(lowest, highest)}${late === 0 ? '' : `, ${late} late`}`,
      tone: spikes >= dips ? 'spike' : 'dip',
    }));
  const others = tally.meters.length - rows.length;
  const unnamed = byCount.slice(MAX_ROWS).reduce((sum, { spikes, dips }) => sum + spikes + dips, 0);
  const anomalies = unnamed + tally.ofOtherMeters;
  const more =
    anomalies === 0
      ? null
      : `and ${counted(anomalies, 'anomaly', 'anomalies')} of ${others} ` +
        `${tally.ofOtherMeters > 0 ? 'or more ' : ''}other meters`;
  return [{ title: 'Meters, UTC', rows, more }];
}

function directions(spikes: number, dips: number): string {
  return [
    ...(spikes === 0 ? [] : [counted(spikes, 'spike', 'spikes')]),
    ...(dips === 0 ? [] : [counted(dips, 'dip', 'dips')]),
  ].join(', ');
}

function range(lowest: number, highest: number): string {
  return lowest === highest ? temperature(lowest) : `${degrees(lowest)} to ${temperature(highest)}`;
}

function period(firstMs: number, lastMs: number, toIso: ToIso): string {
  const [first, last] = [toIso(firstMs), toIso(lastMs)];
  if (firstMs === lastMs) return dayAndTime(first);
  const isSameDay = first.slice(0, 10) === last.slice(0, 10);
  return `${dayAndTime(first)} to ${isSameDay ? clockTime(last) : dayAndTime(last)}`;
}

/** The most anomalous values, when there is more than one. */
export function anomalyList({ listed, count }: Tally, toIso: ToIso): List[] {
  if (count < 2) return [];
  const chosen = new Set(listed.toSorted((a, b) => a.score - b.score).slice(0, MAX_ROWS));
  const rows = listed
    .filter((anomaly) => chosen.has(anomaly))
    .map((anomaly): Row => ({
      left: anomaly.meterId,
      leftNote: dayAndTime(toIso(anomaly.atMs)),
      right: `${anomaly.direction} ${temperature(anomaly.temp)}${anomaly.isLate ? ', late' : ''}`,
      rightNote: `${comparisonOf(anomaly)}, p-value ${scoreDigits(anomaly.score)}`,
      tone: anomaly.direction,
    }));
  const left = count - rows.length;
  const title = left === 0 ? 'Anomalies, UTC' : 'Most anomalous, UTC';
  return [{ title, rows, more: left === 0 ? null : `and ${left.toLocaleString('en-US')} more` }];
}
