import type { AnomalyMark, AveragePoint } from '../core/board.ts';
import { Board } from '../core/board.ts';
import type {
  HubName,
  PageMessage,
  SourceName,
  SourceState,
  SourceStates,
} from '../core/page-message.ts';
import type { HistoryTaker } from './history.ts';
import { parseAnomalies, parseAverages } from './hub-events.ts';

/** Changes within this time travel to the pages together. */
const COALESCE_MS = 200;
/** Averages in a snapshot at most; with very many meters each page starts with a shorter past. */
const MAX_SNAPSHOT_POINTS = 100_000;
const MIN_SNAPSHOT_POINTS_PER_METER = 12;

/** Keeps the board up to date from event bodies, and says what changed. */
export class BoardFeed implements HistoryTaker {
  readonly #board = new Board();
  readonly #publish: (message: PageMessage) => void;
  #sources: SourceStates = { hotPath: { state: 'connecting' }, alerts: { state: 'connecting' } };
  #averages: { readonly id: string; readonly point: AveragePoint }[] = [];
  #anomalies: AnomalyMark[] = [];
  #timer: NodeJS.Timeout | undefined;
  #refused = 0;

  constructor(publish: (message: PageMessage) => void) {
    this.#publish = publish;
  }

  /** Takes in the body of an event of one of the hubs. */
  take(source: HubName, body: unknown): void {
    if (source === 'hotPath') this.#takeAverages(body);
    else this.#takeAnomalies(body);
  }

  setSource(source: SourceName, state: SourceState): void {
    this.#sources = { ...this.#sources, [source]: state };
    this.#publish({ type: 'sources', sources: this.#sources });
  }

  /** What a page starts with. */
  snapshot(): PageMessage {
    const share = Math.floor(MAX_SNAPSHOT_POINTS / Math.max(1, this.#board.meterCount));
    const board = this.#board.snapshot(Math.max(MIN_SNAPSHOT_POINTS_PER_METER, share));
    return { type: 'snapshot', sources: this.#sources, ...board };
  }

  /** For the health check. */
  get health(): { sources: SourceStates; meters: number; refusedRows: number } {
    return {
      sources: this.#sources,
      meters: this.#board.meterCount,
      refusedRows: this.#refused,
    };
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  averages(rows: readonly { readonly id: string; readonly point: AveragePoint }[]): void {
    const news = rows.filter(({ id, point }) => this.#board.addAverage(id, point));
    this.#averages.push(...news);
    if (news.length > 0) this.#publishSoon();
  }

  anomalies(marks: readonly AnomalyMark[]): void {
    const news = marks.filter((mark) => this.#board.addAnomaly(mark));
    this.#anomalies.push(...news);
    if (news.length > 0) this.#publishSoon();
  }

  #takeAverages(body: unknown): void {
    const { rows, refused } = parseAverages(body);
    this.#refused += refused;
    this.averages(rows);
  }

  #takeAnomalies(body: unknown): void {
    const { rows, refused } = parseAnomalies(body);
    this.#refused += refused;
    this.anomalies(rows);
  }

  #publishSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const [averages, anomalies] = [this.#averages, this.#anomalies];
      this.#averages = [];
      this.#anomalies = [];
      this.#publish({ type: 'changes', averages, anomalies });
    }, COALESCE_MS);
  }
}
