import { useState } from 'preact/hooks';
import type { AnomalyMark } from '../../core/board.ts';
import { isLate } from '../../core/trust.ts';
import { formatDuration } from '../../core/words.ts';
import { formatInstant } from './clock-time.ts';
import { formatTemp } from './temperature.ts';

const PAGE_ROWS = 12;

interface Props {
  readonly anomalies: readonly AnomalyMark[];
  readonly selected: string | undefined;
  readonly select: (id: string) => void;
}

/** The anomalies, newest first; a row's button picks its meter out of the charts. */
export function AnomalyList({ anomalies, selected, select }: Props) {
  const [rows, setRows] = useState(PAGE_ROWS);
  const shown = anomalies.slice(0, rows);
  return (
    <section class="card" aria-labelledby="anomalies-title">
      <div class="card-head">
        <h2 id="anomalies-title">Anomalies</h2>
        <span class="muted">newest first</span>
      </div>
      {anomalies.length === 0 ? (
        <p class="muted empty">None so far.</p>
      ) : (
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">Meter</th>
                <th scope="col">Kind</th>
                <th scope="col">Value</th>
                <th scope="col">Usual</th>
                <th scope="col">Time</th>
                <th scope="col">Score</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((mark) => (
                <Row key={`${mark.id} ${mark.atMs} ${mark.temp}`} {...{ mark, selected, select }} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {anomalies.length > rows ? (
        <button type="button" class="more" onClick={() => setRows(rows + 50)}>
          Show more ({anomalies.length - rows})
        </button>
      ) : null}
    </section>
  );
}

interface RowProps {
  readonly mark: AnomalyMark;
  readonly selected: string | undefined;
  readonly select: (id: string) => void;
}

function Row({ mark, selected, select }: RowProps) {
  const spike = mark.direction === 'spike';
  return (
    <tr>
      <th scope="row">
        <button
          type="button"
          class="link"
          aria-pressed={mark.id === selected}
          onClick={() => select(mark.id)}
        >
          {mark.id}
        </button>
      </th>
      <td>
        <span class={`badge ${spike ? 'hot' : 'cold'}`}>{spike ? '▲ spike' : '▼ dip'}</span>
      </td>
      <td>{formatTemp(mark.temp)}°</td>
      <td>{formatTemp(mark.usual)}°</td>
      <td>
        <time dateTime={new Date(mark.atMs).toISOString()}>
          {formatInstant(mark.atMs, Date.now())}
        </time>
        {isLate(mark) ? (
          <span class="badge flagged">{formatDuration(mark.delaySeconds ?? 0)} late</span>
        ) : null}
      </td>
      <td class="muted">{mark.score.toExponential(1)}</td>
    </tr>
  );
}
