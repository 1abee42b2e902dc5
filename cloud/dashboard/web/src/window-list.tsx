import { useState } from 'preact/hooks';
import { isLate, isRevised, missingReadings } from '../../core/trust.ts';
import { formatDuration, formatReadings } from '../../core/words.ts';
import { formatInstant } from './clock-time.ts';
import type { MeterWindow, WindowReview } from './doubtful-windows.ts';
import { formatTemp } from './temperature.ts';

const PAGE_ROWS = 8;

interface Props {
  readonly review: WindowReview;
  readonly selected: string | undefined;
  readonly select: (id: string) => void;
}

type Choice = 'doubtful' | 'corrected' | 'late' | 'incomplete';

const CHOICES: readonly { readonly choice: Choice; readonly label: string }[] = [
  { choice: 'doubtful', label: 'All' },
  { choice: 'corrected', label: 'Corrected' },
  { choice: 'late', label: 'Late' },
  { choice: 'incomplete', label: 'Incomplete' },
];

/** Windows that came late, were corrected, or lack readings. */
export function WindowList({ review, selected, select }: Props) {
  const [rows, setRows] = useState(PAGE_ROWS);
  const [choice, setChoice] = useState<Choice>('doubtful');
  const windows = review[choice];
  return (
    <section class="card" aria-labelledby="windows-title">
      <div class="card-head">
        <h2 id="windows-title">Corrected, late and incomplete windows</h2>
        <Choices {...{ review, choice, setChoice }} />
      </div>
      {windows.length === 0 ? (
        <p class="muted empty">
          {choice === 'doubtful' ? 'None: every window came in time and is complete.' : 'None.'}
        </p>
      ) : (
        <Table {...{ windows: windows.slice(0, rows), selected, select }} />
      )}
      {windows.length > rows ? (
        <button type="button" class="more" onClick={() => setRows(rows + 50)}>
          Show more ({windows.length - rows})
        </button>
      ) : null}
    </section>
  );
}

interface ChoicesProps {
  readonly review: WindowReview;
  readonly choice: Choice;
  readonly setChoice: (choice: Choice) => void;
}

function Choices({ review, choice, setChoice }: ChoicesProps) {
  return (
    <fieldset class="ranges">
      <legend class="hidden">Windows shown</legend>
      {CHOICES.map((each) => (
        <button
          key={each.choice}
          type="button"
          aria-pressed={each.choice === choice}
          onClick={() => setChoice(each.choice)}
        >
          {each.label} {review[each.choice].length}
        </button>
      ))}
    </fieldset>
  );
}

interface TableProps {
  readonly windows: readonly MeterWindow[];
  readonly selected: string | undefined;
  readonly select: (id: string) => void;
}

function Table({ windows, selected, select }: TableProps) {
  return (
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
          {windows.map((each) => (
            <Row key={`${each.id} ${each.point.endMs}`} {...{ each, selected, select }} />
          ))}
        </tbody>
      </table>
    </div>
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
