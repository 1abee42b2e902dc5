/** Turns epoch milliseconds into an ISO instant in UTC: pure code has no clock and no calendar. */
export type ToIso = (atMs: number) => string;
