import type { MeterStatus } from '../../../server/status-schemas.ts';

/** Blue at this and below, degrees Fahrenheit: the bands of the lab. */
export const COLD_MAX_F = 68;
/** Red at this and above, degrees Fahrenheit. */
export const HOT_MIN_F = 72;

/** How a window looks; each look has a colour and words. */
export type MeterLook = 'new' | 'installed' | 'registered' | 'connected' | 'cold' | 'usual' | 'hot';

export const LOOK_WORDS: Readonly<Record<MeterLook, string>> = {
  new: 'new',
  installed: 'installed',
  registered: 'registered',
  connected: 'connected',
  cold: `▼ ${COLD_MAX_F}° and below`,
  usual: '● between',
  hot: `▲ ${HOT_MIN_F}° and above`,
};

/** The look of a meter's window: its state, or while it transmits its temperature. */
export function meterLook({ state, temp }: Pick<MeterStatus, 'state' | 'temp'>): MeterLook {
  if (state !== 'transmitting') return state;
  if (temp === null) return 'connected';
  if (temp <= COLD_MAX_F) return 'cold';
  return temp >= HOT_MIN_F ? 'hot' : 'usual';
}

/** The sign beside the temperature, so that the colour is not needed. */
export function lookSign(look: MeterLook): string {
  const signs: Partial<Record<MeterLook, string>> = { cold: '▼', usual: '●', hot: '▲' };
  return signs[look] ?? '';
}
