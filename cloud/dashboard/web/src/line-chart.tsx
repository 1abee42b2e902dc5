import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { AnomalyMark, MeterHistory } from '../../core/board.ts';
import { formatReadings, remarksOf } from '../../core/words.ts';
import { formatMinute } from './clock-time.ts';
import { latestInstant, lineData } from './line-data.ts';
import { LinePlot, type PointedValue } from './line-plot.ts';
import { formatTemp } from './temperature.ts';
import { windowMarks } from './window-marks.ts';

interface Props {
  readonly meters: readonly MeterHistory[];
  readonly anomalies: readonly AnomalyMark[];
  readonly selected: string | undefined;
  readonly hours: number;
  readonly setPointed: (text: string) => void;
}

/** uPlot in a box that follows the width of the page. */
export function LineChart({ meters, anomalies, selected, hours, setPointed }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<LinePlot>(undefined);
  const shown = useRef(meters);
  shown.current = meters;
  const ids = meters.map(({ id }) => id);
  const idsKey = JSON.stringify(ids);

  useEffect(() => {
    if (box.current === null) return;
    const created = new LinePlot(box.current, ids, (pointed) =>
      setPointed(describe(pointed, shown.current)),
    );
    plot.current = created;
    return () => created.destroy();
  }, [idsKey]);

  const picture = useMemo(() => {
    const endMs = latestInstant(meters, anomalies, Date.now());
    const fromMs = endMs - hours * 3_600_000;
    const windows = windowMarks(meters, fromMs);
    return { ...lineData(meters, fromMs), fromMs, endMs, anomalies, windows };
  }, [meters, anomalies, hours]);

  useEffect(() => plot.current?.show(picture), [picture, idsKey]);
  useEffect(() => {
    plot.current?.highlight(selected === undefined ? undefined : ids.indexOf(selected));
  }, [selected, idsKey]);
  return <div class="lines" ref={box} role="img" aria-label="Averages of each meter over time" />;
}

function describe(pointed: PointedValue | undefined, meters: readonly MeterHistory[]): string {
  const meter = pointed && meters[pointed.meter];
  const point = meter?.averages.find(({ endMs }) => endMs === pointed?.atMs);
  if (meter === undefined || point === undefined) return '';
  const value = `${formatTemp(point.average)} °F in the window ending ${formatMinute(point.endMs)}`;
  return `${meter.id}: ${[value, formatReadings(point), ...remarksOf(point)].join(', ')}`;
}
