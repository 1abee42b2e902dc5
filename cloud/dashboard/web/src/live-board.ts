import { Board, type BoardSnapshot } from '../../core/board.ts';
import type { PageMessage, SourceStates } from '../../core/page-message.ts';

/** What the page shows. */
export interface LiveBoard extends BoardSnapshot {
  /** Whether the stream from the server is open. */
  readonly connected: boolean;
  readonly sources: SourceStates;
}

export const EMPTY_BOARD: LiveBoard = {
  connected: false,
  sources: { hotPath: { state: 'connecting' }, alerts: { state: 'connecting' } },
  meters: [],
  anomalies: [],
};

/** Follows the server for ever; EventSource reconnects by itself and starts with a snapshot again. */
export function followBoard(changed: (board: LiveBoard) => void): () => void {
  let board = new Board();
  let view = EMPTY_BOARD;
  const show = (change: Partial<LiveBoard>) => {
    view = { ...view, ...change };
    changed(view);
  };
  const stream = new EventSource('events');
  stream.onerror = () => show({ connected: false });
  stream.onmessage = ({ data }: MessageEvent<string>) => {
    const message: PageMessage = JSON.parse(data);
    if (message.type === 'snapshot') board = new Board();
    take(board, message);
    const sources = message.type === 'changes' ? view.sources : message.sources;
    show({ connected: true, sources, ...board.snapshot() });
  };
  return () => stream.close();
}

function take(board: Board, message: PageMessage): void {
  if (message.type === 'sources') return;
  const averages =
    message.type === 'changes'
      ? message.averages
      : message.meters.flatMap(({ id, averages }) => averages.map((point) => ({ id, point })));
  for (const { id, point } of averages) board.addAverage(id, point);
  for (const mark of message.anomalies) board.addAnomaly(mark);
}
