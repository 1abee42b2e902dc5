/** Draws SVG as PNG: the one place that uses resvg, which is WebAssembly and needs no native build. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { initWasm, Resvg } from '@resvg/resvg-wasm';
import { PICTURE_FONT } from './core/readings-picture.ts';

/** Pixels of the PNG per CSS pixel, for sharp screens. */
const ZOOM = 2;
/** Digits, signs and Latin letters: all that a picture of readings holds. */
const FONT_FILES = ['inter-latin-400-normal.woff2', 'inter-latin-600-normal.woff2'];

let prepared: Promise<Uint8Array[]> | undefined;

/**
 * Draws an SVG whose texts are in the picture font.
 *
 * @throws Error when it is no SVG
 */
export async function drawPicture(svg: string): Promise<Uint8Array> {
  prepared ??= prepare();
  const drawing = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: ZOOM },
    font: { fontBuffers: await prepared, defaultFontFamily: PICTURE_FONT, loadSystemFonts: false },
  });
  const image = drawing.render();
  try {
    return image.asPng();
  } finally {
    image.free();
    drawing.free();
  }
}

/** Compiles resvg, once per process, and reads the fonts. */
async function prepare(): Promise<Uint8Array[]> {
  const { resolve } = createRequire(import.meta.url);
  await initWasm(readFile(resolve('@resvg/resvg-wasm/index_bg.wasm')));
  return Promise.all(
    FONT_FILES.map((name) => readFile(resolve(`@fontsource/inter/files/${name}`))),
  );
}
