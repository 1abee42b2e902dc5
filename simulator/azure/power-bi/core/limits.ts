/**
 * The limits of Power BI's push API.
 *
 * Source: learn.microsoft.com/power-bi/developer/embedded/push-datasets-limitations
 */

/** What a dataset, a table of it, a request and an hour may hold. */
export const PUSH_LIMITS = {
  columnsPerTable: 75,
  tablesPerDataset: 75,
  rowsPerRequest: 10_000,
  rowsPerHour: 1_000_000,
  pendingRequests: 5,
  requestsPerMinute: 120,
  /** A table with so many rows takes `requestsPerHourWhenLarge` only. */
  largeTableRows: 250_000,
  requestsPerHourWhenLarge: 120,
  /** Retention `basicFIFO`: the oldest rows go. */
  fifoRows: 200_000,
  /** Retention `None`: nothing more is taken. */
  keptRows: 5_000_000,
  charactersPerString: 4_000,
} as const;
