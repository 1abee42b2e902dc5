import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Anomaly } from '../../../../cloud/function/src/core/anomaly.ts';
import { TONES } from '../../../../cloud/function/src/core/mail-style.ts';
import {
  drawReadings,
  pictureCaption,
  pictureText,
  readingsPicture,
  type ReadingsPicture,
} from '../../../../cloud/function/src/core/readings-picture.ts';
import { niceTicks } from '../../../../cloud/function/src/core/ticks.ts';
import { drawPicture } from '../../../../cloud/function/src/draw-picture.ts';
import { anomaly, START_MS, toIso } from '../support.ts';

const SECOND_MS = 1_000;
/** The first bytes of every PNG, and where its width and height stand. */
const PNG_SIGNATURE = '89504e470d0a1a0a';
const PNG_WIDTH_AT = 16;

function pictureOf(...anomalies: readonly [Anomaly, ...Anomaly[]]): ReadingsPicture {
  const picture = readingsPicture(anomalies[0], anomalies);
  assert.ok(picture);
  return picture;
}

/** Contrast of two colours. Source: www.w3.org/TR/WCAG21/#dfn-contrast-ratio */
function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

describe('picture of readings', () => {
  it('has each reading around the anomaly once, in order, those that stood out marked', () => {
    const next = anomaly({
      atMs: START_MS + 10 * SECOND_MS,
      seq: 42,
      recent: [
        { atMs: START_MS, temp: 91.4 },
        { atMs: START_MS + 10 * SECOND_MS, temp: 91.4 },
      ],
    });
    const { samples } = pictureOf(anomaly(), next, anomaly({ meterId: 'Meter99', temp: 1 }));

    assert.deepEqual(
      samples.map(({ atMs, direction }) => [(atMs - START_MS) / SECOND_MS, direction]),
      [
        [-20, null],
        [-10, null],
        [0, 'spike'],
        [10, 'spike'],
      ],
    );
  });

  it('is left out when there is one reading alone', () => {
    assert.equal(readingsPicture(anomaly({ recent: [] }), [anomaly({ recent: [] })]), null);
  });

  it('says in words what it shows', () => {
    assert.equal(
      pictureText(pictureOf(anomaly()), toIso),
      '3 readings of Meter07, 22 Nov 18:05:10 to 18:05:30 UTC, 1 anomaly marked; ' +
        'spike of 91.4 °F, +21.2 °F from the usual 70.2 °F',
    );
    assert.match(pictureCaption(pictureOf(anomaly())), /Dashed: what is usual, 70\.2 °F/);
  });

  it('is drawn as a PNG twice the size it is shown in, with text', async () => {
    for (const scheme of ['light', 'dark'] as const) {
      const png = Buffer.from(await drawPicture(drawReadings(pictureOf(anomaly()), scheme, toIso)));
      assert.equal(png.subarray(0, 8).toString('hex'), PNG_SIGNATURE);
      assert.equal(png.readUInt32BE(PNG_WIDTH_AT), 2 * 544);
      const mute = drawReadings(pictureOf(anomaly()), scheme, toIso).replaceAll(
        /<text.*?<\/text>/g,
        '',
      );
      // Without a font all texts would be missing, and both pictures the same.
      assert.ok(png.length > 1.2 * (await drawPicture(mute)).length);
    }
  }).timeout(10_000);

  it('interrupts the line where readings are missing', () => {
    const recent = [-400, -390, -380, -20, -10].map((second, index) => ({
      atMs: START_MS + second * SECOND_MS,
      temp: 70 + index,
    }));
    const svg = drawReadings(pictureOf(anomaly({ recent })), 'light', toIso);

    assert.equal(svg.match(/<polyline/g)?.length, 2);
  });

  it('holds no text that came with a message', () => {
    const hostile = anomaly({ meterId: '<script>', gateway: '"&' });
    const svg = drawReadings(pictureOf(hostile), 'light', toIso);

    assert.doesNotMatch(svg, /script|"&|&quot;/);
  });

  it('is drawn whatever the values are', () => {
    const value = fc.double({ noNaN: true, noDefaultInfinity: true });
    const samples = fc.array(fc.tuple(fc.integer({ min: 0, max: 1e6 }), value), { minLength: 2 });
    fc.assert(
      fc.property(samples, value, (points, temp) => {
        const recent = points.map(([second, at]) => ({
          atMs: START_MS - second * 1_000,
          temp: at,
        }));
        const picture = readingsPicture(anomaly({ temp, recent }), [anomaly({ temp, recent })]);
        if (picture !== null) {
          assert.doesNotMatch(drawReadings(picture, 'dark', toIso), /NaN|Infinity|undefined/);
        }
      }),
    );
  });
});

describe('ticks', () => {
  it('are round, evenly spaced, few, and reach around the values', () => {
    assert.deepEqual(niceTicks(69.2, 91.4), [60, 70, 80, 90, 100]);
    assert.deepEqual(niceTicks(70, 70), [69, 69.5, 70, 70.5, 71]);
    const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(value, value, (one, other) => {
        const [low = 0, high = 0] = [one, other].toSorted((a, b) => a - b);
        const ticks = niceTicks(low, high);
        assert.ok(
          (ticks[0] ?? Infinity) <= low + 1e-6 && (ticks.at(-1) ?? -Infinity) >= high - 1e-6,
        );
        assert.ok(ticks.length >= 2 && ticks.length <= 8, `${ticks.length}`);
      }),
    );
  });
});

describe('colours of a mail', () => {
  it('can be read on their ground, light and dark', () => {
    for (const tone of Object.values(TONES)) {
      assert.ok(contrast(tone.ink, '#ffffff') >= 4.5, tone.ink);
      assert.ok(contrast(tone.onBadge, tone.badge) >= 4.5, tone.onBadge);
      assert.ok(contrast(tone.darkInk, '#22272e') >= 4.5, tone.darkInk);
      assert.ok(contrast(tone.darkOnBadge, tone.darkBadge) >= 4.5, tone.darkOnBadge);
    }
    const texts = (scheme: 'light' | 'dark'): string[] =>
      [
        ...drawReadings(pictureOf(anomaly()), scheme, toIso).matchAll(/<text[^>]* fill="(#\w+)"/g),
      ].map(([, colour = '']) => colour);
    for (const colour of texts('light')) assert.ok(contrast(colour, '#ffffff') >= 4.5, colour);
    for (const colour of texts('dark')) assert.ok(contrast(colour, '#22272e') >= 4.5, colour);
  });
});
