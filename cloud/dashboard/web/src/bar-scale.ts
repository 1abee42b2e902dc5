import { COLD_MAX_F, HOT_MIN_F } from './temperature.ts';

const STEP_F = 5;
const MARGIN_F = 3;

/** The vertical axis of the bar chart, degrees Fahrenheit. */
export interface BarScale {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
  /** Height of a value, percent of the axis. */
  percent(value: number): number;
}

/** An axis that shows both limits of the lab and all values; bars do not begin at zero. */
export function barScale(values: readonly number[]): BarScale {
  const low = values.reduce((least, value) => Math.min(least, value), COLD_MAX_F);
  const high = values.reduce((most, value) => Math.max(most, value), HOT_MIN_F);
  const from = STEP_F * Math.floor((low - MARGIN_F) / STEP_F);
  const to = STEP_F * Math.ceil((high + MARGIN_F) / STEP_F);
  const stride = STEP_F * Math.max(1, Math.ceil((to - from) / STEP_F / 6));
  const count = Math.floor((to - from) / stride) + 1;
  return {
    from,
    to,
    ticks: Array.from({ length: count }, (_, index) => from + index * stride),
    percent: (value) => (100 * (value - from)) / (to - from),
  };
}
