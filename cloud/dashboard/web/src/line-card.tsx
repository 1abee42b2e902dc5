import { useState } from 'preact/hooks';
import type { AnomalyMark, MeterHistory } from '../../core/board.ts';
import { LineChart } from './line-chart.tsx';
import { lineStyle } from './line-style.ts';

const RANGE_HOURS = [1, 3, 12, 24] as const;

interface Props {
  readonly meters: readonly MeterHistory[];
  readonly anomalies: readonly AnomalyMark[];
  readonly selected: string | undefined;
}

/** A line per meter over the last hours, with the choice of how many. */
export function LineCard({ meters, anomalies, selected }: Props) {
  const [hours, setHours] = useState<number>(3);
  const [pointed, setPointed] = useState('');
  return (
    <section class="card" aria-labelledby="lines-title">
      <div class="card-head">
        <h2 id="lines-title">Averages over time</h2>
        <fieldset class="ranges">
          <legend class="hidden">Hours shown</legend>
          {RANGE_HOURS.map((choice) => (
            <button
              key={choice}
              type="button"
              aria-pressed={choice === hours}
              onClick={() => setHours(choice)}
            >
              {choice} h
            </button>
          ))}
        </fieldset>
      </div>
      {meters.length === 0 ? (
        <p class="muted empty">The first average appears when its five minutes are over.</p>
      ) : (
        <LineChart {...{ meters, anomalies, selected, hours, setPointed }} />
      )}
      <p class="muted pointed">{pointed || 'Point at the chart to read a value.'}</p>
      <ul class="line-keys muted">
        {meters.slice(0, 40).map(({ id }, index) => (
          <li key={id} class={id === selected ? 'strong' : ''}>
            <span class="swatch" style={{ background: lineStyle(index).colour }} />
            {id}
          </li>
        ))}
        <li>
          <span class="mark spike">▲</span> spike
        </li>
        <li>
          <span class="mark dip">▼</span> dip (beyond the scale: at the edge)
        </li>
        <li>
          <span class="mark">○</span> corrected or incomplete window
        </li>
      </ul>
    </section>
  );
}
