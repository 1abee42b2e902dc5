/** What the server pushes to an open page, as JSON in server-sent events. */
import type { AnomalyMark, AveragePoint, BoardSnapshot } from './board.ts';

/** How one of the two event hubs is doing. */
export interface SourceState {
  readonly state: 'connecting' | 'receiving' | 'failing';
  /** Why it fails, for people; no secrets. */
  readonly reason?: string;
}

/** The event hubs that the dashboard reads. */
export type SourceName = 'hotPath' | 'alerts';

export type SourceStates = Readonly<Record<SourceName, SourceState>>;

/** A page first gets a snapshot, then what changes. */
export type PageMessage =
  | ({ readonly type: 'snapshot'; readonly sources: SourceStates } & BoardSnapshot)
  | {
      readonly type: 'changes';
      readonly averages: readonly { readonly id: string; readonly point: AveragePoint }[];
      readonly anomalies: readonly AnomalyMark[];
    }
  | { readonly type: 'sources'; readonly sources: SourceStates };
