import { Board, type BoardSnapshot } from '../../core/board.ts';
import type { PageMessage, SourceStates } from '../../core/page-message.ts';
import { readSession } from './session.ts';

/** The browser gives up on a stream that was answered with an error; this page does not. */
const REOPEN_MS = 3_000;

/** What the page shows. */
export interface LiveBoard extends BoardSnapshot {
  /** Whether the stream from the server is open. */
  readonly connected: boolean;
  /** The server wants a sign-in again. */
  readonly signedOut: boolean;
  readonly sources: SourceStates;
}

export const EMPTY_BOARD: LiveBoard = {
  connected: false,
  signedOut: false,
  sources: { hotPath: { state: 'connecting' }, alerts: { state: 'connecting' } },
  meters: [],
  anomalies: [],
};

/** Follows the server for ever; each stream starts with a snapshot. */
export function followBoard(changed: (board: LiveBoard) => void): () => void {
  let board = new Board();
  let view = EMPTY_BOARD;
  let stream: EventSource | undefined;
  let reopening: ReturnType<typeof setTimeout> | undefined;
  const show = (change: Partial<LiveBoard>) => {
    view = { ...view, ...change };
    changed(view);
  };
  const take = (message: PageMessage) => {
    if (message.type === 'snapshot') board = new Board();
    takeMessage(board, message);
    const sources = message.type === 'changes' ? view.sources : message.sources;
    show({ connected: true, signedOut: false, sources, ...board.snapshot() });
  };
  const open = () => {
    const opened = new EventSource('events');
    stream = opened;
    opened.onmessage = ({ data }: MessageEvent<string>) => take(JSON.parse(data));
    opened.onerror = () => {
      show({ connected: false });
      if (opened.readyState !== EventSource.CLOSED) return;
      reopening = setTimeout(open, REOPEN_MS);
      void readSession().then((answer) => show({ signedOut: answer === 'signed-out' }));
    };
  };
  open();
  return () => {
    clearTimeout(reopening);
    stream?.close();
  };
}

function takeMessage(board: Board, message: PageMessage): void {
  if (message.type === 'sources') return;
  const averages =
    message.type === 'changes'
      ? message.averages
      : message.meters.flatMap(({ id, averages }) => averages.map((point) => ({ id, point })));
  for (const { id, point } of averages) board.addAverage(id, point);
  for (const mark of message.anomalies) board.addAnomaly(mark);
}
