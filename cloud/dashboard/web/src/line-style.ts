/** Readable on light and dark ground. */
const COLOURS = [
  '#4e8ac9',
  '#e0812f',
  '#4fa35a',
  '#d65f5f',
  '#9270c0',
  '#8c6d5a',
  '#cf6ba9',
  '#7f8790',
  '#b3a125',
  '#2ba6b5',
] as const;

const DASHES = [[], [6, 4], [2, 3], [10, 3, 2, 3]] as const;

/** Colour and dash of the line of the meter at `index`; they repeat after forty meters. */
export function lineStyle(index: number): { colour: string; dash: number[] } {
  const turn = Math.floor(index / COLOURS.length) % DASHES.length;
  return {
    colour: COLOURS[index % COLOURS.length] ?? COLOURS[0],
    dash: [...(DASHES[turn] ?? [])],
  };
}
