import type { AnomalyMark, MeterHistory } from '../../core/board.ts';
import { formatMinute } from './clock-time.ts';
import type { WindowReview } from './doubtful-windows.ts';
import { latestInstant } from './line-data.ts';
import { COLD_MAX_F, formatTemp, HOT_MIN_F } from './temperature.ts';

interface Props {
  readonly meters: readonly MeterHistory[];
  readonly anomalies: readonly AnomalyMark[];
  readonly review: WindowReview;
}

/** The building in a few numbers. */
export function Summary({ meters, anomalies, review }: Props) {
  const latest = meters.flatMap(({ averages }) => averages.at(-1)?.average ?? []);
  const mean = latest.reduce((sum, average) => sum + average / latest.length, 0);
  const endMs = latestInstant(meters, [], Date.now());
  return (
    <dl class="summary">
      <Tile label="Meters" text={String(meters.length)} />
      <Tile label="Mean of all" text={latest.length > 0 ? `${formatTemp(mean)}°` : '–'} />
      <Tile
        label={`${HOT_MIN_F}° and above`}
        text={String(latest.filter((average) => average >= HOT_MIN_F).length)}
      />
      <Tile
        label={`${COLD_MAX_F}° and below`}
        text={String(latest.filter((average) => average <= COLD_MAX_F).length)}
      />
      <Tile label="Anomalies" text={String(anomalies.length)} />
      <Tile label="Latest window ends" text={endMs > 0 ? formatMinute(endMs) : '–'} />
      <Tile label="Readings there" text={formatPercent(review.completePercent)} />
      <Tile label="Corrected windows" text={String(review.corrected.length)} />
      <Tile label="Late windows" text={String(review.late.length)} />
    </dl>
  );
}

/** Never rounds up to all of it. */
function formatPercent(percent: number | undefined): string {
  if (percent === undefined) return '–';
  return percent === 100 ? '100 %' : `${(Math.floor(percent * 10) / 10).toFixed(1)} %`;
}

function Tile({ label, text }: { readonly label: string; readonly text: string }) {
  return (
    <div class="card tile">
      <dt class="muted">{label}</dt>
      <dd>{text}</dd>
    </div>
  );
}
