/** What a mail tells about an incident, before it becomes text or HTML. */
import type { Anomaly, Sample } from './anomaly.ts';
import {
  clockTime,
  difference,
  fullInstant,
  oddsPhrase,
  scoreDigits,
  shortInstant,
  temperature,
  visible,
} from './wording.ts';

/** Most anomalies that one mail lists; it says how many more there are. */
const MAX_LISTED_ANOMALIES = 50;

/** Most readings that one mail shows, and how many of them lie before the first anomaly. */
const MAX_SAMPLES = 24;
const SAMPLES_BEFORE = 12;

/** One line of the readings around the incident. */
export interface SampleRow {
  /** `18:05:30`, UTC. */
  readonly time: string;
  readonly temp: string;
  /** Length of its bar, percent of the longest. */
  readonly barPercent: number;
  /** What the detector called it; null for a usual one. */
  readonly direction: 'spike' | 'dip' | null;
}

/** A named line of the mail. */
export interface Fact {
  readonly label: string;
  readonly value: string;
}

export interface IncidentSummary {
  readonly subject: string;
  /** `Spike at Meter07`. */
  readonly headline: string;
  readonly direction: 'spike' | 'dip';
  /** `91.4 °F`. */
  readonly value: string;
  /** `+21.2 °F from the usual 70.2 °F`, or what is known instead. */
  readonly comparison: string;
  readonly facts: readonly Fact[];
  /** One line per anomaly, when there is more than one. */
  readonly anomalies: readonly Fact[];
  readonly unlistedAnomalies: number;
  /** What the samples are: readings, or means when the meter has no gateway. */
  readonly samplesTitle: string;
  readonly samples: readonly SampleRow[];
}

/** Turns epoch milliseconds into an ISO instant in UTC. */
export type ToIso = (atMs: number) => string;

/** An incident's anomalies; the first is the one it began with. */
export type IncidentAnomalies = readonly [Anomaly, ...Anomaly[]];

/** Says what happened: `anomalies` are those of one incident, in order of event time. */
export function summariseIncident(anomalies: IncidentAnomalies, toIso: ToIso): IncidentSummary {
  const [first] = anomalies;
  const headline = `${directionsOf(anomalies)} at ${visible(first.meterId)}`;
  const count = anomalies.length > 1 ? `, ${anomalies.length} anomalies` : '';
  const usual = first.usual === null ? '' : `, usual ${temperature(first.usual)}`;
  const when = `(${shortInstant(toIso(first.atMs))}${count})`;
  return {
    subject: `${headline}: ${temperature(first.temp)}${usual} ${when}`,
    headline,
    direction: first.direction,
    value: temperature(first.temp),
    comparison: comparisonOf(first),
    facts: factsOf(first, toIso),
    anomalies: anomalies.length === 1 ? [] : listAnomalies(anomalies, toIso),
    unlistedAnomalies: Math.max(0, anomalies.length - MAX_LISTED_ANOMALIES),
    samplesTitle: `${measureOf(first)}s around it, UTC`,
    samples: sampleRows(anomalies, toIso),
  };
}

function directionsOf(anomalies: IncidentAnomalies): string {
  const [{ direction }] = anomalies;
  if (anomalies.every((anomaly) => anomaly.direction === direction)) {
    return direction === 'spike' ? 'Spike' : 'Dip';
  }
  return direction === 'spike' ? 'Spike and dip' : 'Dip and spike';
}

function comparisonOf({ temp, usual }: Anomaly): string {
  if (usual === null) return 'what is usual was not reported';
  return `${difference(temp - usual)} from the usual ${temperature(usual)}`;
}

function measureOf({ gateway }: Anomaly): string {
  return gateway === null ? '30-second average' : 'Reading';
}

function factsOf(anomaly: Anomaly, toIso: ToIso): Fact[] {
  const kind = anomaly.direction === 'spike' ? 'Spike' : 'Dip';
  return [
    { label: 'Meter', value: visible(anomaly.meterId) },
    { label: kind, value: `${temperature(anomaly.temp)}, ${comparisonOf(anomaly)}` },
    { label: 'When', value: fullInstant(toIso(anomaly.atMs)) },
    { label: 'How unusual', value: scoreOf(anomaly) },
    { label: 'Path', value: pathOf(anomaly) },
  ];
}

function scoreOf({ score, confidence, historySize }: Anomaly): string {
  const detector = [
    ...(confidence === null ? [] : [`confidence ${confidence} %`]),
    ...(historySize === null ? [] : [`compared with up to ${historySize} values before`]),
  ];
  const settings = detector.length === 0 ? '' : ` (${detector.join(', ')})`;
  return `p-value ${scoreDigits(score)}: ${oddsPhrase(score)}${settings}`;
}

function pathOf({ gateway }: Anomaly): string {
  if (gateway !== null) return `through the gateway ${visible(gateway)}, which scored each reading`;
  return 'straight to IoT Hub, scored there as averages of 30 seconds';
}

function listAnomalies(anomalies: IncidentAnomalies, toIso: ToIso): Fact[] {
  return anomalies.slice(0, MAX_LISTED_ANOMALIES).map((anomaly) => ({
    label: clockTime(toIso(anomaly.atMs)),
    value:
      `${anomaly.direction} ${temperature(anomaly.temp)}, ${comparisonOf(anomaly)}, ` +
      `p-value ${scoreDigits(anomaly.score)}`,
  }));
}

function sampleRows(anomalies: IncidentAnomalies, toIso: ToIso): SampleRow[] {
  const directions = new Map(anomalies.map((anomaly) => [sampleKey(anomaly), anomaly.direction]));
  const samples = samplesAround(anomalies);
  const temps = samples.map(({ temp }) => temp);
  const lowest = Math.min(...temps);
  const span = Math.max(...temps) - lowest;
  return samples.map((sample) => ({
    time: clockTime(toIso(sample.atMs)),
    temp: temperature(sample.temp),
    // The lowest keeps a short bar, so that it can be seen; differences, not zero, are the subject.
    barPercent: span === 0 ? 50 : Math.round(10 + (90 * (sample.temp - lowest)) / span),
    direction: directions.get(sampleKey(sample)) ?? null,
  }));
}

function samplesAround(anomalies: IncidentAnomalies): Sample[] {
  const distinct = new Map<string, Sample>();
  for (const anomaly of anomalies) {
    for (const sample of [...anomaly.recent, anomaly]) distinct.set(sampleKey(sample), sample);
  }
  const inOrder = [...distinct.values()].toSorted((a, b) => a.atMs - b.atMs);
  const first = sampleKey(anomalies[0]);
  const at = inOrder.findIndex((sample) => sampleKey(sample) === first);
  const from = Math.max(0, at - SAMPLES_BEFORE);
  return inOrder.slice(from, from + MAX_SAMPLES);
}

function sampleKey({ atMs, temp }: Sample): string {
  return `${atMs}/${temp}`;
}
