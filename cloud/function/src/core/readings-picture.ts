/**
 * The picture of the readings around an anomaly, as SVG.
 *
 * It holds numbers and instants only, never foreign text. Two colour schemes, each on a background
 * of its own, so that it can be read wherever it is shown.
 */
import type { Anomaly, Sample } from './anomaly.ts';
import type { ToIso } from './instants.ts';
import { niceTicks } from './ticks.ts';
import { clockTime, comparisonOf, counted, dayAndTime, degrees, temperature } from './wording.ts';

/** Size in CSS pixels. */
export const PICTURE_WIDTH = 544;
export const PICTURE_HEIGHT = 240;
/** The font that the picture is drawn with. */
export const PICTURE_FONT = 'Inter';

/** Most readings that are drawn, and how many of them lie before the anomaly. */
const MAX_SAMPLES = 24;
const SAMPLES_BEFORE = 14;
/** A gap so many times longer than usual interrupts the line. */
const GAP_FACTOR = 3;

/** Values beyond are drawn at the edge: their differences would be no numbers. */
const LIMIT = 1e300;

const LEFT = 66;
const RIGHT = PICTURE_WIDTH - 20;
const TOP = 38;
const BOTTOM = PICTURE_HEIGHT - 38;

export type ColourScheme = 'light' | 'dark';

interface Colours {
  readonly background: string;
  readonly ink: string;
  readonly soft: string;
  readonly grid: string;
  readonly line: string;
  readonly usual: string;
  readonly spike: string;
  readonly dip: string;
}

const COLOURS: Readonly<Record<ColourScheme, Colours>> = {
  light: {
    background: '#ffffff',
    ink: '#1f2933',
    soft: '#5b6672',
    grid: '#e3e8ed',
    line: '#546474',
    usual: '#8a97a5',
    spike: '#c62828',
    dip: '#1565c0',
  },
  dark: {
    background: '#22272e',
    ink: '#e6e9ed',
    soft: '#a3adb8',
    grid: '#3a424d',
    line: '#b3bfcb',
    usual: '#8794a2',
    spike: '#ff8a80',
    dip: '#82b1ff',
  },
};

/** A reading that is drawn; `direction` is what the detector called it. */
export interface DrawnSample extends Sample {
  readonly direction: 'spike' | 'dip' | null;
}

/** What is drawn: readings of one meter in order of time. */
export interface ReadingsPicture {
  readonly samples: readonly DrawnSample[];
  readonly foremost: Anomaly;
}

/**
 * Collects the readings around `foremost` from what travelled with its meter's anomalies; null when
 * there are too few for a picture.
 */
export function readingsPicture(
  foremost: Anomaly,
  listed: readonly Anomaly[],
): ReadingsPicture | null {
  const ofMeter = listed.filter(({ meterId }) => meterId === foremost.meterId);
  const distinct = new Map<string, DrawnSample>();
  for (const { recent } of ofMeter) {
    for (const { atMs, temp } of recent) {
      distinct.set(keyOf({ atMs, temp }), { atMs, temp, direction: null });
    }
  }
  for (const { atMs, temp, direction } of ofMeter) {
    distinct.set(keyOf({ atMs, temp }), { atMs, temp, direction });
  }
  const inOrder = [...distinct.values()].toSorted((a, b) => a.atMs - b.atMs);
  const at = inOrder.findIndex((sample) => keyOf(sample) === keyOf(foremost));
  const from = Math.max(0, Math.min(at - SAMPLES_BEFORE, inOrder.length - MAX_SAMPLES));
  const samples = inOrder.slice(from, from + MAX_SAMPLES);
  return samples.length < 2 ? null : { samples, foremost };
}

function keyOf({ atMs, temp }: Sample): string {
  return `${atMs}/${temp}`;
}

/** What the picture shows, for those who do not see it. */
export function pictureText({ samples, foremost }: ReadingsPicture, toIso: ToIso): string {
  const what = foremost.gateway === null ? '30-second averages' : 'readings';
  const [from = foremost] = samples;
  const to = samples.at(-1) ?? foremost;
  const marked = samples.filter(({ direction }) => direction !== null).length;
  return (
    `${samples.length} ${what} of ${foremost.meterId}, ${dayAndTime(toIso(from.atMs))} to ` +
    `${clockTime(toIso(to.atMs))} UTC, ${counted(marked, 'anomaly', 'anomalies')} marked; ` +
    `${foremost.direction} of ${temperature(foremost.temp)}, ${comparisonOf(foremost)}`
  );
}

/** What its marks mean, to be shown below it. */
export function pictureCaption({ foremost }: ReadingsPicture): string {
  const usual =
    foremost.usual === null ? '' : ` Dashed: what is usual, ${temperature(foremost.usual)}.`;
  const what = foremost.gateway === null ? '30-second averages' : 'Readings';
  return `${what} of ${foremost.meterId}, UTC. Coloured: what stood out.${usual}`;
}

/** Draws the picture. */
export function drawReadings(picture: ReadingsPicture, scheme: ColourScheme, toIso: ToIso): string {
  const colours = COLOURS[scheme];
  const scale = scaleOf(picture);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${PICTURE_WIDTH}" height="${PICTURE_HEIGHT}" ` +
      `viewBox="0 0 ${PICTURE_WIDTH} ${PICTURE_HEIGHT}" font-family="${PICTURE_FONT}" font-size="16">`,
    `<rect width="100%" height="100%" fill="${colours.background}"/>`,
    ...temperatureAxis(scale, colours),
    ...usualLine(picture.foremost, scale, colours),
    ...timeAxis(picture, scale, colours, toIso),
    ...lines(picture.samples, scale, colours),
    ...picture.samples.map((sample) => dot(sample, scale, colours)),
    label(picture.foremost, scale, colours),
    '</svg>',
  ].join('\n');
}

interface Scale {
  readonly ticks: readonly number[];
  readonly x: (atMs: number) => number;
  readonly y: (temp: number) => number;
}

function scaleOf({ samples, foremost }: ReadingsPicture): Scale {
  const temps = samples.map(({ temp }) => temp);
  const usual = foremost.usual === null ? [] : [foremost.usual];
  const known = [...temps, ...usual].map(withinLimit);
  const ticks = niceTicks(Math.min(...known), Math.max(...known));
  const [low = 0] = ticks;
  const high = ticks.at(-1) ?? low;
  const fromMs = samples[0]?.atMs ?? 0;
  const spanMs = (samples.at(-1)?.atMs ?? fromMs) - fromMs;
  return {
    ticks,
    x: (atMs) =>
      round(
        spanMs === 0
          ? (LEFT + RIGHT) / 2
          : LEFT + 10 + ((atMs - fromMs) / spanMs) * (RIGHT - LEFT - 20),
      ),
    y: (temp) => round(BOTTOM - ((withinLimit(temp) - low) / (high - low)) * (BOTTOM - TOP)),
  };
}

function withinLimit(temp: number): number {
  return Math.max(-LIMIT, Math.min(LIMIT, temp));
}

function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}

function temperatureAxis({ ticks, y }: Scale, { grid, soft }: Colours): string[] {
  const unit = text({ x: LEFT - 8, y: 18, anchor: 'end', colour: soft }, '°F');
  const marks = ticks.map((tick) => {
    const at = y(tick);
    const line = `<line x1="${LEFT}" x2="${RIGHT}" y1="${at}" y2="${at}" stroke="${grid}"/>`;
    return line + text({ x: LEFT - 8, y: at + 5, anchor: 'end', colour: soft }, tickLabel(tick));
  });
  return [unit, ...marks];
}

function tickLabel(tick: number): string {
  return Number.isInteger(tick) && Math.abs(tick) < 1e6 ? String(tick) : degrees(tick);
}

function usualLine({ usual }: Anomaly, { y }: Scale, colours: Colours): string[] {
  if (usual === null) return [];
  const at = y(usual);
  return [
    `<line x1="${LEFT}" x2="${RIGHT}" y1="${at}" y2="${at}" stroke="${colours.usual}" stroke-width="1.5" stroke-dasharray="5 4"/>`,
  ];
}

function timeAxis(
  { samples, foremost }: ReadingsPicture,
  { x }: Scale,
  { soft }: Colours,
  toIso: ToIso,
): string[] {
  const y = PICTURE_HEIGHT - 10;
  const first = samples[0]?.atMs ?? foremost.atMs;
  const last = samples.at(-1)?.atMs ?? foremost.atMs;
  const middle = [foremost.atMs].filter(
    (atMs) => x(atMs) - x(first) > 150 && x(last) - x(atMs) > 150,
  );
  const at = (atMs: number, anchor: Anchor): string =>
    text({ x: x(atMs), y, anchor, colour: soft }, clockTime(toIso(atMs)));
  return [
    at(first, 'start'),
    ...middle.map((atMs) => at(atMs, 'middle')),
    ...(last === first ? [] : [at(last, 'end')]),
  ];
}

/** Straight lines from reading to reading, interrupted where readings are missing. */
function lines(samples: readonly DrawnSample[], { x, y }: Scale, { line }: Colours): string[] {
  const gaps = samples.slice(1).map(({ atMs }, index) => atMs - (samples[index]?.atMs ?? atMs));
  const usualGap = gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? 0;
  const pieces: string[][] = [[]];
  for (const [index, { atMs, temp }] of samples.entries()) {
    const gap = gaps[index - 1] ?? 0;
    if (usualGap > 0 && gap > GAP_FACTOR * usualGap) pieces.push([]);
    pieces.at(-1)?.push(`${x(atMs)},${y(temp)}`);
  }
  return pieces.map(
    (points) =>
      `<polyline points="${points.join(' ')}" fill="none" stroke="${line}" stroke-width="2" stroke-linejoin="round" stroke-linecap="round"/>`,
  );
}

function dot({ atMs, temp, direction }: DrawnSample, { x, y }: Scale, colours: Colours): string {
  const [colour, radius] = direction === null ? [colours.line, 3] : [colours[direction], 6];
  return `<circle cx="${x(atMs)}" cy="${y(temp)}" r="${radius}" fill="${colour}" stroke="${colours.background}" stroke-width="1.5"/>`;
}

function label({ atMs, temp, direction }: Anomaly, { x, y }: Scale, colours: Colours): string {
  const at = x(atMs);
  const anchor = anchorAt(at);
  const below = direction === 'dip' && y(temp) < BOTTOM - 26;
  const place = {
    x: at,
    y: below ? y(temp) + 24 : y(temp) - 12,
    anchor,
    colour: colours[direction],
  };
  return text(place, temperature(temp), ' font-weight="600" font-size="19"');
}

type Anchor = 'start' | 'middle' | 'end';

function anchorAt(x: number): Anchor {
  if (x > RIGHT - 60) return 'end';
  return x < LEFT + 60 ? 'start' : 'middle';
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly anchor: Anchor;
  readonly colour: string;
}

function text({ x, y, anchor, colour }: Place, content: string, more = ''): string {
  return `<text x="${x}" y="${round(y)}" text-anchor="${anchor}" fill="${colour}"${more}>${content}</text>`;
}
