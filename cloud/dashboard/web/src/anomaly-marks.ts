import type uPlot from 'uplot';
import type { AnomalyMark } from '../../core/board.ts';
import { lineStyle } from './line-style.ts';

const SIZE_PX = 7;

/**
 * Draws a triangle at each anomaly: upwards for a spike, downwards for a dip, edged in its meter's
 * colour; at the edge of the chart when the value is beyond its scale.
 */
export function drawAnomalies(
  chart: uPlot,
  anomalies: readonly AnomalyMark[],
  ids: readonly string[],
): void {
  const { ctx, bbox } = chart;
  const style = getComputedStyle(chart.root);
  const indexes = new Map(ids.map((id, index) => [id, index]));
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const mark of anomalies) {
    const index = indexes.get(mark.id);
    ctx.fillStyle = style.getPropertyValue(mark.direction === 'spike' ? '--hot' : '--cold');
    ctx.strokeStyle = index === undefined ? ctx.fillStyle : lineStyle(index).colour;
    ctx.lineWidth = 2 * devicePixelRatio;
    drawTriangle(chart, mark);
  }
  ctx.restore();
}

function drawTriangle(chart: uPlot, { atMs, temp, direction }: AnomalyMark): void {
  const { ctx } = chart;
  const x = chart.valToPos(atMs / 1_000, 'x', true);
  const size = SIZE_PX * devicePixelRatio;
  const { top, height } = chart.bbox;
  const y = within(chart.valToPos(temp, 'y', true), top + size, top + height - size);
  const tip = direction === 'spike' ? -size : size;
  ctx.beginPath();
  ctx.moveTo(x, y + tip);
  ctx.lineTo(x - size, y - tip * 0.7);
  ctx.lineTo(x + size, y - tip * 0.7);
  ctx.closePath();
  ctx.fill();
  ctx.stroke();
}

function within(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
