/** What a mail says, before it becomes text or HTML. */
import type { ToIso } from './instants.ts';
import { lineageOf } from './lineage.ts';
import type { MailModel } from './mail.ts';
import { anomalyList, meterList } from './mail-lists.ts';
import type { Fact, Figure, MailContent } from './mail-parts.ts';
import { headlineOf, labelOf, leadOf, previewOf, subjectOf, toneOf } from './mail-words.ts';
import type { Tally, ToldAnomaly } from './tally.ts';
import {
  comparisonOf,
  counted,
  duration,
  fullInstant,
  oddsPhrase,
  scoreDigits,
  temperature,
} from './wording.ts';

/** Says what `model` tells. */
export function mailContent(model: MailModel, toIso: ToIso): MailContent {
  const foremost = foremostOf(model.news);
  return {
    subject: subjectOf(model, toIso),
    preview: previewOf(model, foremost),
    label: labelOf(model),
    tone: toneOf(model, foremost),
    headline: headlineOf(model, foremost),
    figure: foremost === null ? null : figureOf(foremost, model.news),
    lead: leadOf(model, toIso),
    facts: [...siteFacts(model, toIso), ...anomalyFacts(foremost, model.news, toIso)],
    lists: [...meterList(model, toIso), ...anomalyList(model.news, toIso)],
    lineage: foremost === null ? [] : lineageOf(foremost, toIso),
    footer: [
      `Incident ${model.incident}, mail ${model.number}.`,
      'Gateways and meters find the values; nothing in this mail was loaded from elsewhere.',
    ],
    foremost,
  };
}

function foremostOf({ listed }: Tally): ToldAnomaly | null {
  return listed.reduce<ToldAnomaly | null>(
    (foremost, anomaly) =>
      foremost === null || anomaly.score < foremost.score ? anomaly : foremost,
    null,
  );
}

function figureOf(anomaly: ToldAnomaly, { count }: Tally): Figure {
  const whose = count === 1 ? '' : `most anomalous: ${anomaly.meterId}, `;
  return { value: temperature(anomaly.temp), comparison: `${whose}${comparisonOf(anomaly)}` };
}

function siteFacts({ site, openedMs, writtenMs, silence, total }: MailModel, toIso: ToIso): Fact[] {
  const name = site.name === site.id ? site.id : `${site.name} (${site.id})`;
  const since = { label: 'Since', value: `${fullInstant(toIso(openedMs))}` };
  const facts = [{ label: 'Site', value: site.id === 'direct' ? site.name : name }, since];
  if (silence !== null) {
    const lastedMs = (silence.endedMs ?? writtenMs) - silence.sinceMs;
    facts.push(
      { label: 'Last message', value: fullInstant(toIso(silence.sinceMs)) },
      { label: 'Silent for', value: duration(lastedMs) },
    );
  }
  if (total.count > 1) facts.push({ label: 'So far', value: totalOf(total) });
  return facts;
}

function totalOf({ count, late, meters, ofOtherMeters }: Tally): string {
  const more = ofOtherMeters > 0 ? 'more than ' : '';
  const lateOnes = late === 0 ? '' : `, ${late.toLocaleString('en-US')} of them late`;
  return (
    `${counted(count, 'anomaly', 'anomalies')} of ${more}` +
    `${counted(meters.length, 'meter', 'meters')}${lateOnes}`
  );
}

function anomalyFacts(anomaly: ToldAnomaly | null, { count }: Tally, toIso: ToIso): Fact[] {
  if (anomaly === null) return [];
  const late = anomaly.isLate ? ', came late' : '';
  return [
    { label: count === 1 ? 'Meter' : 'Foremost', value: anomaly.meterId },
    { label: 'When', value: `${fullInstant(toIso(anomaly.atMs))}${late}` },
    {
      label: 'How unusual',
      value: `p-value ${scoreDigits(anomaly.score)}: ${oddsPhrase(anomaly.score)}`,
    },
  ];
}
