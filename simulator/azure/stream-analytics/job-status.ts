/** What `GET /status` of the process `jobs` answers; other processes and pages read it. */

/** `failed` needs a person: the query is wrong, or met a value it insists on converting. */
export type JobState = 'starting' | 'running' | 'stopped' | 'failed';

/** One Stream Analytics job, as the portal would show it. Counts are since the job was made. */
export interface JobStatus {
  readonly name: string;
  readonly state: JobState;
  /** Events taken: each element of a JSON array counts. */
  readonly eventsIn: number;
  readonly eventsOut: number;
  readonly lateEvents: number;
  readonly outOfOrderEvents: number;
  /** Events that the time policies or conversion errors kept out. */
  readonly droppedEvents: number;
  /** Bodies that are no JSON object, and event times that are none. */
  readonly conversionErrors: number;
  /** Rows that AnomalyDetection_SpikeAndDip could not judge because of a gap before them. */
  readonly rowsBehindGaps: number;
  readonly inputs: readonly {
    readonly alias: string;
    /** Messages of the event hub that are not processed yet; null while unknown. */
    readonly backlog: number | null;
  }[];
  readonly outputs: readonly { readonly alias: string; readonly events: number }[];
  /** What is wrong right now; null when nothing is. */
  readonly error: string | null;
  /** When something was last put out, epoch milliseconds. */
  readonly lastOutputMs: number | null;
}

/** Answer of `GET /status`. */
export interface JobsStatus {
  readonly jobs: readonly JobStatus[];
}
