import { useEffect, useMemo, useState } from 'preact/hooks';
import { AnomalyList } from './anomaly-list.tsx';
import { BarChart } from './bar-chart.tsx';
import { ConnectionState } from './connection-state.tsx';
import { reviewWindows } from './doubtful-windows.ts';
import { LineCard } from './line-card.tsx';
import { EMPTY_BOARD, followBoard } from './live-board.ts';
import { Summary } from './summary.tsx';
import { Visitor } from './visitor.tsx';
import { WindowList } from './window-list.tsx';

/** The whole page. */
export function App() {
  const [board, setBoard] = useState(EMPTY_BOARD);
  const [selected, setSelected] = useState<string>();
  useEffect(() => followBoard(setBoard), []);
  const review = useMemo(() => reviewWindows(board.meters), [board.meters]);
  const select = (id: string) => setSelected(id === selected ? undefined : id);
  return (
    <>
      <header class="top">
        <h1>Smart meters</h1>
        <ConnectionState {...board} />
        <Visitor />
      </header>
      <main>
        <Summary meters={board.meters} anomalies={board.anomalies} review={review} />
        <BarChart meters={board.meters} selected={selected} select={select} />
        <LineCard meters={board.meters} anomalies={board.anomalies} selected={selected} />
        <WindowList review={review} selected={selected} select={select} />
        <AnomalyList anomalies={board.anomalies} selected={selected} select={select} />
      </main>
      <footer class="muted">
        Averages of five minutes in degrees Fahrenheit; times are your local time.
      </footer>
    </>
  );
}
