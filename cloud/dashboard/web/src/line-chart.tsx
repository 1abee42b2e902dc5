import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { AnomalyMark, MeterHistory } from '../../core/board.ts';
import { formatMinute } from './clock-time.ts';
import { latestInstant, lineData } from './line-data.ts';
import { LinePlot, type PointedValue } from './line-plot.ts';
import { formatTemp } from './temperature.ts';

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
  const ids = meters.map(({ id }) => id);
  const idsKey = JSON.stringify(ids);

  useEffect(() => {
    if (box.current === null) return;
    const created = new LinePlot(box.current, ids, (pointed) => setPointed(describe(pointed, ids)));
    plot.current = created;
    return () => created.destroy();
  }, [idsKey]);

  const picture = useMemo(() => {
    const endMs = latestInstant(meters, anomalies, Date.now());
    const fromMs = endMs - hours * 3_600_000;
    return { ...lineData(meters, fromMs), fromMs, endMs, anomalies };
  }, [meters, anomalies, hours]);

  useEffect(() => plot.current?.show(picture), [picture, idsKey]);
  useEffect(() => {
    plot.current?.highlight(selected === undefined ? undefined : ids.indexOf(selected));
  }, [selected, idsKey]);
  return <div class="lines" ref={box} role="img" aria-label="Averages of each meter over time" />;
}

function describe(pointed: PointedValue | undefined, ids: readonly string[]): string {
  if (pointed === undefined) return '';
  const time = formatMinute(pointed.atMs);
  return `${ids[pointed.meter]}: ${formatTemp(pointed.average)} °F in the window ending ${time}`;
}
