/**
 * The options a container is made with, as module twins hold them.
 *
 * A twin's text was once limited to 512 characters, so they are cut: createOptions, createOptions01, …
 * Source: iotedgedev deploymentmanifest.py, convert_create_options; edgeAgent joins the pieces again.
 */

const MAX_CHUNK_LENGTH = 512;
/** iotedgedev, VS Code and the portal write no more; edgeAgent would read a hundred. */
const MAX_CHUNKS = 8;
const NAME = /^createOptions(\d\d)?$/;

/** Settings of a module, or what is wrong with them. */
export type ConvertedSettings =
  { readonly settings: Record<string, unknown> } | { readonly problem: string };

/** Writes createOptions, an object in a template, as one line of JSON in pieces. */
export function convertCreateOptions(settings: Record<string, unknown>): ConvertedSettings {
  const { createOptions } = settings;
  if (createOptions === undefined) return { settings };
  const text = typeof createOptions === 'string' ? createOptions : asciiJson(createOptions);
  const chunks = cut(text);
  if (chunks.length > MAX_CHUNKS) {
    const most = MAX_CHUNKS * MAX_CHUNK_LENGTH;
    return {
      problem: `createOptions have ${text.length} characters, ${most} fit. Leave out what the image or the Docker daemon already says.`,
    };
  }
  const pieces = chunks.map((chunk, index) => [pieceName(index), chunk]);
  return { settings: { ...settings, ...Object.fromEntries(pieces) } };
}

/** The whole text of createOptions; undefined where there is none. */
export function joinCreateOptions(settings: Readonly<Record<string, unknown>>): string | undefined {
  if (settings['createOptions'] === undefined) return undefined;
  if (typeof settings['createOptions'] !== 'string')
    return JSON.stringify(settings['createOptions']);
  return Object.entries(settings)
    .filter(([name, piece]) => NAME.test(name) && typeof piece === 'string')
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, piece]) => piece)
    .join('');
}

/** As Python writes JSON: without white space, and with letters beyond ASCII escaped. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u0080-\uffff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** By code points, as Python counts: no character is cut in two. */
function cut(text: string): string[] {
  const characters = Array.from(text);
  const count = Math.max(1, Math.ceil(characters.length / MAX_CHUNK_LENGTH));
  return Array.from({ length: count }, (_, index) =>
    characters.slice(index * MAX_CHUNK_LENGTH, (index + 1) * MAX_CHUNK_LENGTH).join(''),
  );
}

function pieceName(index: number): string {
  return index === 0 ? 'createOptions' : `createOptions${String(index).padStart(2, '0')}`;
}
