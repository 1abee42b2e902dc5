import type uPlot from 'uplot';
import type { MeterHistory } from '../../core/board.ts';
import { isRevised, missingReadings } from '../../core/trust.ts';
import { lineStyle } from './line-style.ts';

const RADIUS_PX = 3.5;

/** A window that was corrected or lacks readings. One that came late has the right value. */
export interface WindowMark {
  /** Index of the meter. */
  readonly meter: number;
  readonly atMs: number;
  readonly average: number;
}

/** The windows to mark, of those that end after `fromMs`. */
export function windowMarks(meters: readonly MeterHistory[], fromMs: number): WindowMark[] {
  return meters.flatMap(({ averages }, meter) =>
    averages
      .filter(({ endMs }) => endMs > fromMs)
      .filter((point) => isRevised(point) || missingReadings(point) > 0)
      .map(({ endMs, average }) => ({ meter, atMs: endMs, average })),
  );
}

/** Draws a ring in the meter's colour around each. */
export function drawWindows(chart: uPlot, marks: readonly WindowMark[]): void {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.fillStyle = getComputedStyle(chart.root).getPropertyValue('--card');
  ctx.lineWidth = 1.5 * devicePixelRatio;
  for (const { meter, atMs, average } of marks) {
    ctx.strokeStyle = lineStyle(meter).colour;
    ctx.beginPath();
    ctx.arc(
      chart.valToPos(atMs / 1_000, 'x', true),
      chart.valToPos(average, 'y', true),
      RADIUS_PX * devicePixelRatio,
      0,
      2 * Math.PI,
    );
    ctx.fill();
    ctx.stroke();
  }
  ctx.restore();
}
