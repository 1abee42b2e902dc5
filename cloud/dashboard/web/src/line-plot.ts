import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { AnomalyMark } from '../../core/board.ts';
import { drawAnomalies } from './anomaly-marks.ts';
import { formatMinute } from './clock-time.ts';
import type { LineData } from './line-data.ts';
import { lineStyle } from './line-style.ts';
import { formatTemp } from './temperature.ts';
import { drawWindows, type WindowMark } from './window-marks.ts';

const HEIGHT_PX = 300;
/** How near the pointer must be to pick a line, CSS pixels. */
const PICK_DISTANCE_PX = 24;
/** A chart narrower than the lab's band would make noise look like weather. */
const MIN_RANGE_F = { from: 66, to: 74 };

/** What a chart shows. */
export interface Picture extends LineData {
  readonly fromMs: number;
  readonly endMs: number;
  readonly anomalies: readonly AnomalyMark[];
  readonly windows: readonly WindowMark[];
}

/** A value that the pointer is at. */
export interface PointedValue {
  /** Index of the meter. */
  readonly meter: number;
  readonly atMs: number;
  readonly average: number;
}

/** The chart: a line per meter, anomalies drawn on top. */
export class LinePlot {
  readonly #box: HTMLElement;
  readonly #chart: uPlot;
  readonly #resize: ResizeObserver;
  readonly #scheme = matchMedia('(prefers-color-scheme: dark)');
  readonly #redraw = () => this.#chart.redraw();
  readonly #ids: readonly string[];
  #picture: Picture = { times: [], lines: [], fromMs: 0, endMs: 1, anomalies: [], windows: [] };
  #focused: number | undefined;

  constructor(
    box: HTMLElement,
    ids: readonly string[],
    pointed: (value: PointedValue | undefined) => void,
  ) {
    this.#box = box;
    this.#ids = ids;
    this.#chart = new uPlot(this.#options(pointed), [[], ...ids.map(() => [])], box);
    this.#resize = new ResizeObserver(() => {
      this.#chart.setSize({ width: box.clientWidth, height: HEIGHT_PX });
    });
    this.#resize.observe(box);
    this.#scheme.addEventListener('change', this.#redraw);
  }

  show(picture: Picture): void {
    this.#picture = picture;
    this.#chart.setData([picture.times, ...picture.lines]);
  }

  /** Makes the line of the meter at `index` stand out; undefined brings all back. */
  highlight(index: number | undefined): void {
    this.#chart.setSeries(index === undefined ? null : index + 1, { focus: true });
  }

  destroy(): void {
    this.#scheme.removeEventListener('change', this.#redraw);
    this.#resize.disconnect();
    this.#chart.destroy();
  }

  #options(pointed: (value: PointedValue | undefined) => void): uPlot.Options {
    return {
      width: Math.max(this.#box.clientWidth, 200),
      height: HEIGHT_PX,
      legend: { show: false },
      cursor: { focus: { prox: PICK_DISTANCE_PX }, drag: { x: false, y: false } },
      focus: { alpha: 0.15 },
      scales: { x: { range: () => this.#timeRange() }, y: { range: () => this.#tempRange() } },
      axes: this.#axes(),
      series: [{}, ...this.#ids.map((_, index) => series(index))],
      hooks: {
        setSeries: [(_chart, index) => (this.#focused = index ?? undefined)],
        setCursor: [(chart) => pointed(this.#valueAt(chart.cursor.idx))],
        draw: [
          (chart) => drawWindows(chart, this.#picture.windows),
          (chart) => drawAnomalies(chart, this.#picture.anomalies, this.#ids),
        ],
      },
    };
  }

  #axes(): uPlot.Axis[] {
    const stroke = () => this.#variable('--muted');
    const grid = { stroke: () => this.#variable('--line'), width: 1 };
    const clock = (_chart: uPlot, splits: number[]) => splits.map((s) => formatMinute(s * 1_000));
    const degrees = (_chart: uPlot, splits: number[]) => splits.map((temp) => `${temp}°`);
    return [
      { stroke, grid, ticks: grid, values: clock, space: 64 },
      { stroke, grid, ticks: { show: false }, values: degrees, size: 46 },
    ];
  }

  #timeRange(): [number, number] {
    return [this.#picture.fromMs / 1_000, this.#picture.endMs / 1_000];
  }

  /** Fits the averages: an anomaly far outside would press them into one line. */
  #tempRange(): [number, number] {
    let [low, high]: [number, number] = [MIN_RANGE_F.from, MIN_RANGE_F.to];
    for (const line of this.#picture.lines) {
      for (const value of line) {
        low = Math.min(low, value ?? low);
        high = Math.max(high, value ?? high);
      }
    }
    return [Math.floor(low - 1), Math.ceil(high + 1)];
  }

  #valueAt(index: number | null | undefined): PointedValue | undefined {
    if (typeof index !== 'number' || this.#focused === undefined) return undefined;
    const atSeconds = this.#picture.times[index];
    const average = this.#picture.lines[this.#focused - 1]?.[index];
    if (atSeconds === undefined || typeof average !== 'number') return undefined;
    return { meter: this.#focused - 1, atMs: atSeconds * 1_000, average };
  }

  #variable(name: string): string {
    return getComputedStyle(this.#box).getPropertyValue(name);
  }
}

function series(index: number): uPlot.Series {
  const { colour, dash } = lineStyle(index);
  return {
    stroke: colour,
    dash,
    width: 1.6,
    points: { show: false },
    value: (_chart, temp) => formatTemp(temp),
  };
}
