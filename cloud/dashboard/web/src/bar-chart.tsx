import type { AveragePoint, MeterHistory } from '../../core/board.ts';
import { isLate, isRevised, missingReadings } from '../../core/trust.ts';
import { formatReadings, remarksOf } from '../../core/words.ts';
import { barScale, type BarScale } from './bar-scale.ts';
import { formatMinute } from './clock-time.ts';
import {
  COLD_MAX_F,
  formatTemp,
  HOT_MIN_F,
  LEVEL_SHAPES,
  temperatureLevel,
} from './temperature.ts';

interface Props {
  readonly meters: readonly MeterHistory[];
  readonly selected: string | undefined;
  readonly select: (id: string) => void;
}

/** Meter id across, its latest average up. A bar picks its meter out of the lines below. */
export function BarChart({ meters, selected, select }: Props) {
  const bars = meters.flatMap(({ id, averages }) => {
    const point = averages.at(-1);
    return point === undefined ? [] : [{ id, point }];
  });
  const scale = barScale(bars.map(({ point }) => point.average));
  return (
    <section class="card" aria-labelledby="bars-title">
      <div class="card-head">
        <h2 id="bars-title">Latest average</h2>
        <LevelLegend />
      </div>
      {bars.length === 0 ? <p class="muted empty">No averages yet.</p> : null}
      <div class="bars" hidden={bars.length === 0}>
        <Axis scale={scale} />
        <ol class="plot" tabIndex={0} aria-label="Latest average of each meter">
          <Limit scale={scale} temp={COLD_MAX_F} level="cold" />
          <Limit scale={scale} temp={HOT_MIN_F} level="hot" />
          {bars.map(({ id, point }) => (
            <Bar
              key={id}
              id={id}
              point={point}
              percent={scale.percent(point.average)}
              pressed={id === selected}
              select={select}
            />
          ))}
        </ol>
      </div>
    </section>
  );
}

interface BarProps {
  readonly id: string;
  readonly point: AveragePoint;
  readonly percent: number;
  readonly pressed: boolean;
  readonly select: (id: string) => void;
}

function Bar({ id, point, percent, pressed, select }: BarProps) {
  const level = temperatureLevel(point.average);
  const details =
    `${id}: ${formatTemp(point.average)} °F in the window ending ${formatMinute(point.endMs)}, ` +
    [
      `from ${formatTemp(point.minimum)} to ${formatTemp(point.maximum)}`,
      formatReadings(point),
      ...remarksOf(point),
    ].join(', ');
  return (
    <li>
      <button
        type="button"
        class={`bar ${level}`}
        aria-pressed={pressed}
        aria-label={details}
        title={details}
        onClick={() => select(id)}
      >
        <span class="track">
          <span class="fill" style={{ height: `${percent}%` }}>
            <Flags point={point} />
            <span class="bar-value">
              <span class="shape">{LEVEL_SHAPES[level]}</span>
              {formatTemp(point.average)}
            </span>
          </span>
        </span>
        <span class="bar-id">{id}</span>
      </button>
    </li>
  );
}

/** What is remarkable about the window, at the foot of its bar. */
function Flags({ point }: { readonly point: AveragePoint }) {
  const { count, expectedCount, revision } = point;
  return (
    <span class="flags">
      {isLate(point) ? <span class="flag">late</span> : null}
      {isRevised(point) ? <span class="flag">↻ {revision}</span> : null}
      {missingReadings(point) > 0 ? (
        <span class="flag">
          {count}/{expectedCount}
        </span>
      ) : null}
    </span>
  );
}

function Axis({ scale }: { readonly scale: BarScale }) {
  return (
    <div class="axis muted" aria-hidden="true">
      {scale.ticks.map((tick) => (
        <span key={tick} style={{ bottom: `${scale.percent(tick)}%` }}>
          {formatTick(tick)}
        </span>
      ))}
    </div>
  );
}

function formatTick(tick: number): string {
  return Math.abs(tick) < 100_000 ? `${tick}°` : formatTemp(tick);
}

interface LimitProps {
  readonly scale: BarScale;
  readonly temp: number;
  readonly level: 'cold' | 'hot';
}

function Limit({ scale, temp, level }: LimitProps) {
  const track = '(100% - var(--id-height) - var(--value-height))';
  const bottom = `calc(${track} * ${scale.percent(temp) / 100} + var(--id-height))`;
  return <li class={`limit ${level}`} style={{ bottom }} aria-hidden="true" />;
}

function LevelLegend() {
  return (
    <ul class="legend muted">
      <li class="cold">
        <span class="shape">{LEVEL_SHAPES.cold}</span> {COLD_MAX_F}° and below
      </li>
      <li class="usual">
        <span class="shape">{LEVEL_SHAPES.usual}</span> between
      </li>
      <li class="hot">
        <span class="shape">{LEVEL_SHAPES.hot}</span> {HOT_MIN_F}° and above
      </li>
    </ul>
  );
}
