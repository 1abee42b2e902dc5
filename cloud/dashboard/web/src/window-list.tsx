import { useState } from 'preact/hooks';
import { isLate, isRevised, missingReadings } from '../../core/trust.ts';
import { formatDuration, formatReadings } from '../../core/words.ts';
import { formatInstant } from './clock-time.ts';
import type { MeterWindow } from './doubtful-windows.ts';
import { formatTemp } from './temperature.ts';

const PAGE_ROWS = 8;

interface Props {
  readonly windows: readonly MeterWindow[];
  readonly selected: string | undefined;
  readonly select: (id: string) => void;
}

/** Windows that came late, were corrected, or lack readings. */
export function WindowList({ windows, selected, select }: Props) {
  const [rows, setRows] = useState(PAGE_ROWS);
  return (
    <section class="card" aria-labelledby="windows-title">
      <div class="card-head">
        <h2 id="windows-title">Corrected, late and incomplete windows</h2>
        <span class="muted">newest first</span>
      </div>
      {windows.length === 0 ? (
        <p class="muted empty">None: every window came in time and is complete.</p>
      ) : (
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">Meter</th>
                <th scope="col">Window ends</th>
                <th scope="col">Average</th>
                <th scope="col">Readings</th>
                <th scope="col">Revision</th>
                <th scope="col">Arrived</th>
              </tr>
            </thead>
            <tbody>
              {windows.slice(0, rows).map((each) => (
                <Row key={`${each.id} ${each.point.endMs}`} {...{ each, selected, select }} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {windows.length > rows ? (
        <button type="button" class="more" onClick={() => setRows(rows + 50)}>
          Show more ({windows.length - rows})
        </button>
      ) : null}
    </section>
  );
}

interface RowProps {
  readonly each: MeterWindow;
  readonly selected: string | undefined;
  readonly select: (id: string) => void;
}

function Row({ each: { id, point }, selected, select }: RowProps) {
  const { revision, delaySeconds } = point;
  const missing = missingReadings(point) > 0;
  return (
    <tr>
      <th scope="row">
        <button
          type="button"
          class="link"
          aria-pressed={id === selected}
          onClick={() => select(id)}
        >
          {id}
        </button>
      </th>
      <td>
        <time dateTime={new Date(point.endMs).toISOString()}>
          {formatInstant(point.endMs, Date.now())}
        </time>
      </td>
      <td>{formatTemp(point.average)}°</td>
      <td>{missing ? <Flag text={formatReadings(point)} /> : formatReadings(point)}</td>
      <td>{isRevised(point) ? <Flag text={`↻ ${revision}`} /> : 'first'}</td>
      <td>
        {isLate(point) ? <Flag text={`${formatDuration(delaySeconds ?? 0)} late`} /> : 'in time'}
      </td>
    </tr>
  );
}

function Flag({ text }: { readonly text: string }) {
  return <span class="badge flagged">{text}</span>;
}
