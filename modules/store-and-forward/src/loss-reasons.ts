/** Why something that was taken in could not be kept. */
export const REASON = {
  thinned: 'no room: reduced to five-minute averages',
  evicted: 'no room',
  expired: 'older than timeToLiveSeconds',
  damaged: 'damaged on disk',
} as const;
