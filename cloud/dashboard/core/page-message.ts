/** What the server pushes to an open page, as JSON in server-sent events. */
import type { AnomalyMark, AveragePoint, BoardSnapshot } from './board.ts';

/** How one of the sources is doing; the history is `done` when it is read. */
export interface SourceState {
  readonly state: 'connecting' | 'receiving' | 'failing' | 'done';
  /** Why it fails, for people; no secrets. */
  readonly reason?: string;
}

/** The event hubs that the dashboard reads. */
export type HubName = 'hotPath' | 'alerts';

/** The event hubs, and the history when there is a database to read it from. */
export type SourceStates = Readonly<Record<HubName, SourceState>> & {
  readonly history?: SourceState;
};

export type SourceName = keyof SourceStates;

/** Answer of `GET /api/session`: who is looking. */
export interface PageSession {
  /** Null where nobody has to sign in: on a laptop. */
  readonly signedInAs: string | null;
  readonly signOutUrl: string | null;
}

/** A page first gets a snapshot, then what changes. */
export type PageMessage =
  | ({ readonly type: 'snapshot'; readonly sources: SourceStates } & BoardSnapshot)
  | {
      readonly type: 'changes';
      readonly averages: readonly { readonly id: string; readonly point: AveragePoint }[];
      readonly anomalies: readonly AnomalyMark[];
    }
  | { readonly type: 'sources'; readonly sources: SourceStates };
