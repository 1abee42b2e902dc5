/** The bands of the lab: blue at 68 °F and below, red at 72 °F and above, green between. */
export const COLD_MAX_F = 68;
export const HOT_MIN_F = 72;

export type TemperatureLevel = 'cold' | 'usual' | 'hot';

/** Band of a temperature in degrees Fahrenheit. */
export function temperatureLevel(temp: number): TemperatureLevel {
  if (temp <= COLD_MAX_F) return 'cold';
  return temp >= HOT_MIN_F ? 'hot' : 'usual';
}

/** A shape beside each colour, so that no band is told by colour alone. */
export const LEVEL_SHAPES: Readonly<Record<TemperatureLevel, string>> = {
  cold: '▼',
  usual: '●',
  hot: '▲',
};

/** A few characters for any number, however wild. */
export function formatTemp(temp: number): string {
  return Math.abs(temp) < 100_000 ? temp.toFixed(1) : temp.toExponential(1);
}
