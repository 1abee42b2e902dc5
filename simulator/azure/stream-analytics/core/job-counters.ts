/** What became of the events of an input, or of all inputs of a job, so far. */
export interface JobCounters {
  readonly eventsIn: number;
  readonly lateEvents: number;
  readonly outOfOrderEvents: number;
  readonly droppedEvents: number;
  readonly conversionErrors: number;
}
